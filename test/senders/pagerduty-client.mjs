// PagerDuty's own client from npm, told another address and nothing else.
import { event } from "@pagerduty/pdjs";

const [, , server, request] = process.argv;
const { data } = await event({ server, ...JSON.parse(request) });
process.stdout.write(JSON.stringify(data));
