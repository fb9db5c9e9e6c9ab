export { tellWidget } from "./tell-widget.ts";
