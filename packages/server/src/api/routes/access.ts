import { meView, newTokenView, userView } from "@firebreak/protocol";
import {
  newSignInLinkRequest,
  newTokenRequest,
  newUserRequest,
  passwordRequest,
  signInLinkRequest,
  signInRequest,
} from "../../access/index.ts";
import { pageQuery, tokenParams } from "../requests.ts";
import type { Answer } from "../route.ts";
import { definePublicRoute, defineRoute } from "../route.ts";
import { signInLinkView, tokenPage, userPage } from "../schemas.ts";
import type { SignedIn } from "../services.ts";

const tag = "Access";

function welcome(signedIn: SignedIn, answer: Answer) {
  answer.setSessionCookie(signedIn.cookie, signedIn.expiresAtMs);
  return signedIn.me;
}

export const accessRoutes = [
  definePublicRoute({
    method: "POST",
    path: "/api/v1/sign-in",
    operationId: "signIn",
    summary: "Sign in with name and password; sets the session cookie",
    tag,
    body: signInRequest,
    response: meView,
    handler: async ({ services, address, answer }, body) => welcome(await services.signIn(body, address), answer),
  }),
  definePublicRoute({
    method: "POST",
    path: "/api/v1/sign-in/link",
    operationId: "signInByLink",
    summary: "Sign in with the token of a one-time link; sets the session cookie",
    tag,
    body: signInLinkRequest,
    response: meView,
    handler: async ({ services, address, answer }, body) => welcome(await services.signInByLink(body, address), answer),
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/sign-in/links",
    operationId: "createSignInLink",
    summary: "Make a one-time sign-in link for a person, else for the owner",
    tag,
    access: "admin",
    body: newSignInLinkRequest,
    response: signInLinkView,
    status: 201,
    handler: ({ services, caller }, { body }) => services.createSignInLink(caller, body),
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/sign-out",
    operationId: "signOut",
    summary: "End this session",
    tag,
    access: "viewer",
    handler: async ({ services, caller, answer }) => {
      await services.signOut(caller);
      answer.clearSessionCookie();
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/me",
    operationId: "getMe",
    summary: "Who am I, and what may I do?",
    tag,
    access: "viewer",
    response: meView,
    handler: ({ services, caller }) => services.getMe(caller),
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/me/password",
    operationId: "setPassword",
    summary: "Set my password; the current one is needed once there is one",
    tag,
    access: "viewer",
    body: passwordRequest,
    response: meView,
    handler: ({ services, caller }, { body }) => services.setPassword(caller, body),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/users",
    operationId: "listUsers",
    summary: "People who may sign in",
    tag,
    access: "admin",
    query: pageQuery,
    response: userPage,
    handler: ({ services, caller }, { query }) => services.listUsers(caller, query),
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/users",
    operationId: "createUser",
    summary: "Let a person sign in",
    tag,
    access: "admin",
    body: newUserRequest,
    response: userView,
    status: 201,
    handler: ({ services, caller }, { body }) => services.createUser(caller, body),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/tokens",
    operationId: "listTokens",
    summary: "API tokens, without their secrets",
    tag,
    access: "admin",
    query: pageQuery,
    response: tokenPage,
    handler: ({ services, caller }, { query }) => services.listTokens(caller, query),
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/tokens",
    operationId: "createToken",
    summary: "Make an API token; its secret is shown once",
    tag,
    access: "admin",
    body: newTokenRequest,
    response: newTokenView,
    status: 201,
    handler: ({ services, caller }, { body }) => services.createToken(caller, body),
  }),
  defineRoute({
    method: "DELETE",
    path: "/api/v1/tokens/:id",
    operationId: "revokeToken",
    summary: "Revoke an API token",
    tag,
    access: "admin",
    params: tokenParams,
    handler: ({ services, caller }, { params }) => services.revokeToken(caller, params),
  }),
];
