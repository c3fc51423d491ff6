/** What the operator set for Slack. Socket Mode needs `botToken` and `appToken`; HTTP needs `signingSecret`, and the rest to be installed. */
export type SlackSettings = {
  /** One workspace's token, for those who installed the app by hand; many workspaces bring theirs by OAuth. */
  botToken: string | null;
  appToken: string | null;
  signingSecret: string | null;
  oauth: { clientId: string; clientSecret: string; stateSecret: string } | null;
  /** The Web API's address, ending in a slash; another one for stand-ins and proxies. */
  apiUrl: string;
};
