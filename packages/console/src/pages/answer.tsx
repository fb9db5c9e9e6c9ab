import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answerByLink, openAnswerLink } from "../api/commands.ts";
import { ProblemNotice } from "../components/bits.tsx";
import { AboutQuestion, Question, QuestionArguments } from "../components/question.tsx";
import { SignedOutFrame } from "../components/signed-out-frame.tsx";
import { Loading } from "../ui/layout.tsx";

/** The secret of `/answer#question=…`: behind the hash, so that no server, log or referrer ever sees it. */
function readToken(): string {
  return new URLSearchParams(window.location.hash.slice(1)).get("question") ?? "";
}

/** One question for the person who was sent its link: nothing happens by opening it, and it opens nothing else. */
export function AnswerPage() {
  const [token] = useState(readToken);
  const queries = useQueryClient();
  const key = ["answer-link", token];
  const { data, error } = useQuery({ queryKey: key, queryFn: () => openAnswerLink(token), retry: false });
  if (error !== null || data === undefined) {
    return (
      <SignedOutFrame title="Your answer is needed">
        {error === null ? <Loading rows={4} label="Reading the question" /> : <ProblemNotice error={error} />}
        <p>
          <a href="/approvals">All questions are in the console</a>
        </p>
      </SignedOutFrame>
    );
  }
  const { person, approval } = data;
  const isWaiting = approval.state === "pending";
  return (
    <SignedOutFrame title={isWaiting ? "Your answer is needed" : "Answered"} wide>
      <p>
        This link answers one question as <strong>{person}</strong>, and nothing else. Keep it to yourself.
      </p>
      {isWaiting ? (
        <div className="stack" data-approval={approval.id}>
          <Question
            approval={approval}
            answer={async (answer) => queries.setQueryData(key, await answerByLink(token, answer))}
          />
        </div>
      ) : (
        <div className="stack">
          <AboutQuestion approval={approval} />
          <QuestionArguments approval={approval} />
        </div>
      )}
    </SignedOutFrame>
  );
}
