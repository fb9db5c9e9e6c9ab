import type { Charset } from "./char-class.ts";

/**
 * A key that its beginning gives away. Prefixes, alphabets and lengths are what the vendors publish or their keys show.
 * `min` characters of `of` follow the prefix; with `max` more than that is something else. `edge`: the prefix is short
 * or a word, so it counts only where a word begins. `entropy`: least bits per character of the body; 2.5 by default.
 */
export interface KeyFormat {
  readonly type: string;
  readonly prefixes: readonly string[];
  readonly of: Charset;
  readonly min: number;
  readonly max?: number;
  readonly edge?: true;
  readonly entropy?: number;
}

const CLOUD: readonly KeyFormat[] = [
  { type: "aws_access_key", prefixes: ["AKIA", "ASIA", "ABIA", "ACCA"], of: "base32", min: 16, max: 16, edge: true },
  { type: "aws_bedrock_key", prefixes: ["ABSK"], of: "base64", min: 100, edge: true },
  { type: "aws_bedrock_key", prefixes: ["bedrock-api-key-"], of: "base64", min: 24 },
  { type: "google_api_key", prefixes: ["AIza"], of: "word", min: 35, edge: true, entropy: 3 },
  { type: "google_oauth_token", prefixes: ["ya29."], of: "dotted", min: 30, edge: true, entropy: 3 },
  { type: "google_oauth_secret", prefixes: ["GOCSPX-"], of: "word", min: 24 },
  { type: "alibaba_access_key", prefixes: ["LTAI"], of: "alnum", min: 16, max: 24, edge: true, entropy: 3 },
  { type: "tencent_secret_id", prefixes: ["AKID"], of: "alnum", min: 32, max: 36, edge: true, entropy: 3 },
  { type: "digitalocean_token", prefixes: ["dop_v1_", "doo_v1_", "dor_v1_"], of: "hex", min: 64 },
  { type: "databricks_token", prefixes: ["dapi"], of: "hex", min: 32, edge: true },
  { type: "flyio_token", prefixes: ["fo1_"], of: "word", min: 40, edge: true },
  { type: "flyio_token", prefixes: ["fm1a_", "fm1r_", "fm2_"], of: "base64", min: 80, edge: true },
  { type: "heroku_key", prefixes: ["HRKU-AA"], of: "word", min: 50 },
  { type: "clickhouse_key", prefixes: ["4b1d"], of: "alnum", min: 38, max: 38, edge: true, entropy: 3.5 },
  { type: "hashicorp_vault_token", prefixes: ["hvs.", "hvb.", "hvr."], of: "word", min: 24, edge: true, entropy: 3 },
  {
    type: "doppler_token",
    prefixes: ["dp.pt.", "dp.st.", "dp.ct.", "dp.sa.", "dp.scim."],
    of: "dotted",
    min: 40,
    edge: true,
  },
  { type: "dynatrace_token", prefixes: ["dt0c01."], of: "dotted", min: 80 },
  { type: "pulumi_token", prefixes: ["pul-"], of: "hex", min: 40, edge: true },
  { type: "planetscale_key", prefixes: ["pscale_tkn_", "pscale_oauth_", "pscale_pw_"], of: "path", min: 32 },
  { type: "prefect_token", prefixes: ["pnu_"], of: "alnum", min: 36, edge: true },
  { type: "scalingo_token", prefixes: ["tk-us-"], of: "word", min: 48, edge: true },
  { type: "supabase_key", prefixes: ["sbp_"], of: "hex", min: 40, edge: true },
  { type: "supabase_key", prefixes: ["sb_secret_"], of: "word", min: 30, edge: true },
  { type: "vercel_token", prefixes: ["vcp_", "vca_", "vci_", "vck_"], of: "alnum", min: 40, edge: true },
  { type: "cloudflare_key", prefixes: ["v1.0-"], of: "word", min: 150, edge: true },
  { type: "netlify_token", prefixes: ["nfp_"], of: "alnum", min: 36, edge: true },
  { type: "onepassword_token", prefixes: ["ops_eyJ"], of: "base64", min: 200 },
  { type: "onepassword_secret_key", prefixes: ["A3-"], of: "word", min: 34, max: 38, edge: true, entropy: 3.5 },
  { type: "tailscale_key", prefixes: ["tskey-"], of: "word", min: 20 },
  { type: "openshift_token", prefixes: ["sha256~"], of: "word", min: 43, max: 43, edge: true, entropy: 3.5 },
];

const CODE: readonly KeyFormat[] = [
  { type: "github_token", prefixes: ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], of: "alnum", min: 30, entropy: 3 },
  { type: "github_token", prefixes: ["github_pat_"], of: "word", min: 40, entropy: 3 },
  {
    type: "gitlab_token",
    prefixes: [
      "glpat-",
      "gldt-",
      "glrt-",
      "glft-",
      "gloas-",
      "glsoat-",
      "glimt-",
      "glagent-",
      "glffct-",
      "glcbt-",
      "glptt-",
    ],
    of: "dotted",
    min: 20,
    entropy: 3,
  },
  { type: "gitlab_session", prefixes: ["_gitlab_session="], of: "alnum", min: 32 },
  { type: "harness_token", prefixes: ["pat.", "sat."], of: "dotted", min: 68, max: 68, edge: true, entropy: 3.5 },
  { type: "intra42_secret", prefixes: ["s-s4t2ud-", "s-s4t2af-"], of: "hex", min: 64, edge: true },
  { type: "gitlab_runner_token", prefixes: ["GR1348941"], of: "word", min: 20 },
  { type: "bitbucket_token", prefixes: ["ATBB"], of: "alnum", min: 32, edge: true, entropy: 3 },
  { type: "atlassian_token", prefixes: ["ATATT3", "ATCTT3"], of: "path", min: 60, edge: true, entropy: 3.5 },
  { type: "npm_token", prefixes: ["npm_"], of: "alnum", min: 36, edge: true, entropy: 3 },
  { type: "pypi_token", prefixes: ["pypi-AgE"], of: "word", min: 50 },
  { type: "rubygems_key", prefixes: ["rubygems_"], of: "hex", min: 48 },
  { type: "nuget_key", prefixes: ["oy2"], of: "alnum", min: 43, max: 43, edge: true, entropy: 3.5 },
  { type: "clojars_token", prefixes: ["CLOJARS_"], of: "alnum", min: 60 },
  { type: "crates_token", prefixes: ["cio"], of: "alnum", min: 32, max: 32, edge: true, entropy: 3.5 },
  { type: "docker_token", prefixes: ["dckr_pat_", "dckr_oat_"], of: "word", min: 20 },
  { type: "artifactory_key", prefixes: ["AKCp"], of: "alnum", min: 60, edge: true, entropy: 3.5 },
  { type: "artifactory_token", prefixes: ["cmVmd"], of: "alnum", min: 59, max: 59, edge: true, entropy: 3.5 },
  { type: "sourcegraph_token", prefixes: ["sgp_", "sgd_"], of: "word", min: 40, edge: true },
  { type: "sonar_token", prefixes: ["squ_", "sqp_", "sqa_"], of: "alnum", min: 40, edge: true },
  { type: "buildkite_token", prefixes: ["bkua_"], of: "hex", min: 40, edge: true },
  { type: "circleci_token", prefixes: ["CCIPAT_", "CCIPRJ_"], of: "word", min: 40 },
  { type: "sentry_token", prefixes: ["sntrys_", "sntryu_"], of: "path", min: 40 },
  { type: "postman_key", prefixes: ["PMAK-"], of: "word", min: 50 },
  { type: "linear_key", prefixes: ["lin_api_", "lin_oauth_"], of: "alnum", min: 32 },
  { type: "notion_token", prefixes: ["ntn_"], of: "alnum", min: 40, edge: true },
  { type: "notion_token", prefixes: ["secret_"], of: "alnum", min: 43, max: 43, edge: true, entropy: 3.5 },
  { type: "figma_token", prefixes: ["figd_"], of: "word", min: 36, edge: true },
  { type: "airtable_token", prefixes: ["pat"], of: "dotted", min: 79, max: 79, edge: true, entropy: 3.5 },
  { type: "octopus_key", prefixes: ["API-"], of: "upper", min: 25, max: 32, edge: true, entropy: 3 },
  { type: "trello_token", prefixes: ["ATTA"], of: "hex", min: 70, max: 72, edge: true },
  { type: "launchdarkly_key", prefixes: ["sdk-", "mob-"], of: "word", min: 36, max: 36, edge: true, entropy: 3.2 },
];

const AI: readonly KeyFormat[] = [
  { type: "anthropic_key", prefixes: ["sk-ant-"], of: "word", min: 16, entropy: 3 },
  { type: "openai_key", prefixes: ["sk-proj-", "sk-svcacct-", "sk-admin-"], of: "word", min: 24, entropy: 3 },
  { type: "openrouter_key", prefixes: ["sk-or-v1-"], of: "hex", min: 40 },
  { type: "langsmith_key", prefixes: ["lsv2_pt_", "lsv2_sk_"], of: "word", min: 32 },
  { type: "langfuse_key", prefixes: ["sk-lf-", "pk-lf-"], of: "word", min: 30 },
  { type: "ai_provider_key", prefixes: ["sk-"], of: "word", min: 32, edge: true, entropy: 3.4 },
  { type: "huggingface_token", prefixes: ["hf_"], of: "alnum", min: 30, edge: true, entropy: 3 },
  { type: "huggingface_token", prefixes: ["api_org_"], of: "alnum", min: 30, edge: true, entropy: 3 },
  { type: "groq_key", prefixes: ["gsk_"], of: "alnum", min: 40, edge: true, entropy: 3 },
  { type: "xai_key", prefixes: ["xai-"], of: "alnum", min: 60, edge: true, entropy: 3 },
  { type: "perplexity_key", prefixes: ["pplx-"], of: "alnum", min: 40, entropy: 3 },
  { type: "replicate_token", prefixes: ["r8_"], of: "alnum", min: 36, edge: true, entropy: 3 },
  { type: "together_key", prefixes: ["tgp_v1_"], of: "word", min: 40 },
  { type: "fireworks_key", prefixes: ["fw_"], of: "alnum", min: 22, max: 24, edge: true, entropy: 3.2 },
  { type: "nvidia_key", prefixes: ["nvapi-"], of: "word", min: 60 },
  { type: "pinecone_key", prefixes: ["pcsk_"], of: "word", min: 50 },
  { type: "elevenlabs_key", prefixes: ["sk_"], of: "hex", min: 48, max: 48, edge: true },
  { type: "tavily_key", prefixes: ["tvly-"], of: "word", min: 28 },
  { type: "cursor_key", prefixes: ["key_"], of: "hex", min: 64, max: 64, edge: true },
];

const CHAT: readonly KeyFormat[] = [
  {
    type: "slack_token",
    prefixes: ["xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxe-", "xoxo-", "xoxc-", "xoxd-"],
    of: "dotted",
    min: 20,
  },
  { type: "slack_token", prefixes: ["xoxe.xox"], of: "dotted", min: 40 },
  { type: "slack_app_token", prefixes: ["xapp-"], of: "word", min: 20 },
  {
    type: "slack_webhook",
    prefixes: ["hooks.slack.com/services/", "hooks.slack.com/workflows/", "hooks.slack.com/triggers/"],
    of: "path",
    min: 30,
  },
  {
    type: "discord_webhook",
    prefixes: ["discord.com/api/webhooks/", "discordapp.com/api/webhooks/"],
    of: "path",
    min: 60,
  },
  { type: "teams_webhook", prefixes: ["webhook.office.com/webhookb2/"], of: "path", min: 30 },
  { type: "telegram_token", prefixes: ["api.telegram.org/bot"], of: "path", min: 8, entropy: 2 },
  { type: "grafana_token", prefixes: ["eyJrIjoi"], of: "base64", min: 60, edge: true },
  { type: "grafana_token", prefixes: ["glsa_", "glc_"], of: "path", min: 32, edge: true },
];

const PAYMENT: readonly KeyFormat[] = [
  {
    type: "stripe_key",
    prefixes: ["sk_live_", "sk_test_", "rk_live_", "rk_test_", "sk_prod_", "rk_prod_"],
    of: "alnum",
    min: 10,
  },
  { type: "stripe_webhook_secret", prefixes: ["whsec_"], of: "base64", min: 24 },
  { type: "square_token", prefixes: ["sq0atp-", "sq0csp-"], of: "word", min: 22 },
  { type: "square_token", prefixes: ["EAAA"], of: "word", min: 40, max: 64, edge: true, entropy: 3.5 },
  {
    type: "facebook_token",
    prefixes: ["EAAB", "EAAC", "EAAG", "EAAM"],
    of: "alnum",
    min: 80,
    edge: true,
    entropy: 3.5,
  },
  { type: "shopify_token", prefixes: ["shpat_", "shpca_", "shppa_", "shpss_"], of: "hex", min: 32 },
  { type: "paypal_token", prefixes: ["access_token$production$", "access_token$sandbox$"], of: "path", min: 30 },
  {
    type: "plaid_token",
    prefixes: ["access-production-", "access-sandbox-", "access-development-"],
    of: "word",
    min: 36,
  },
  { type: "flutterwave_key", prefixes: ["FLWSECK_TEST-", "FLWSECK-"], of: "word", min: 12 },
  { type: "duffel_token", prefixes: ["duffel_live_", "duffel_test_"], of: "path", min: 40 },
  { type: "easypost_key", prefixes: ["EZAK", "EZTK"], of: "alnum", min: 54, edge: true },
  { type: "shippo_token", prefixes: ["shippo_live_", "shippo_test_"], of: "hex", min: 40 },
  { type: "frameio_token", prefixes: ["fio-u-"], of: "path", min: 60 },
  { type: "adyen_key", prefixes: ["AQE"], of: "path", min: 80, edge: true, entropy: 4 },
];

const SERVICES: readonly KeyFormat[] = [
  { type: "sendgrid_key", prefixes: ["SG."], of: "path", min: 60, edge: true, entropy: 3.5 },
  { type: "sendinblue_key", prefixes: ["xkeysib-"], of: "word", min: 70 },
  { type: "resend_key", prefixes: ["re_"], of: "word", min: 32, max: 34, edge: true, entropy: 3.4 },
  { type: "mailgun_key", prefixes: ["key-"], of: "hex", min: 32, edge: true },
  { type: "newrelic_key", prefixes: ["NRAK-", "NRII-", "NRJS-", "NRRA-"], of: "word", min: 19 },
  { type: "readme_key", prefixes: ["rdme_"], of: "alnum", min: 60 },
  { type: "typeform_token", prefixes: ["tfp_"], of: "dotted", min: 40, edge: true },
  { type: "mapbox_secret", prefixes: ["sk.eyJ"], of: "dotted", min: 40, edge: true },
  { type: "hubspot_token", prefixes: ["pat-na1-", "pat-eu1-"], of: "word", min: 36 },
  { type: "adobe_secret", prefixes: ["p8e-"], of: "alnum", min: 32, edge: true },
  { type: "yandex_key", prefixes: ["AQVN"], of: "word", min: 35, max: 38, edge: true, entropy: 3.5 },
  { type: "age_secret_key", prefixes: ["AGE-SECRET-KEY-1"], of: "upper", min: 50 },
  {
    type: "bitcoin_extended_key",
    prefixes: ["xprv", "yprv", "zprv", "tprv"],
    of: "alnum",
    min: 100,
    edge: true,
    entropy: 4,
  },
  { type: "azure_signature", prefixes: ["sig="], of: "encoded", min: 40, edge: true, entropy: 4 },
  { type: "settlemint_token", prefixes: ["sm_aat_", "sm_pat_", "sm_sat_"], of: "alnum", min: 16 },
  { type: "infracost_key", prefixes: ["ico-"], of: "alnum", min: 32, max: 32, edge: true, entropy: 3 },
  { type: "firebreak_token", prefixes: ["fbk_"], of: "word", min: 20 },
];

export const KEY_FORMATS: readonly KeyFormat[] = [...CLOUD, ...CODE, ...AI, ...CHAT, ...PAYMENT, ...SERVICES];

/** Keys that vendors print in their documents, as prefix and rest: everybody may see them. */
const EXAMPLES: readonly (readonly [string, string])[] = [
  ["AKIA", "IOSFODNN7EXAMPLE"],
  ["AKIA", "I44QH8DHBEXAMPLE"],
  ["ASIA", "IOSFODNN7EXAMPLE"],
  ["", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"],
  ["", "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY"],
  ["sk_test_", "4eC39HqLyjWDarjtT1zdp7dc"],
  ["sk_test_", "BQokikJOvBiI2HlWgH4olfQ2"],
];
export const PUBLISHED_EXAMPLES: ReadonlySet<string> = new Set(EXAMPLES.map((parts) => parts.join("")));
