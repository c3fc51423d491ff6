import { shortcutNames } from './listeners/shortcuts.ts';

/** The bot's permissions. `files:read` lets it read images that members attach. Everything else works without it. */
export const botScopes = [
  'commands',
  'chat:write',
  'chat:write.public',
  'files:write',
  'files:read',
  'users:read',
  'channels:join',
  'app_mentions:read',
] as const;

export const slackPaths = {
  events: '/slack/events',
  install: '/slack/install',
  redirect: '/slack/oauth_redirect',
} as const;

/** The whole app, for Slack's "create from a manifest". Without an address the app uses Socket Mode. */
export function slackManifest(address: string | null): object {
  const at = (path: string) => (address === null ? {} : { request_url: new URL(path, address).href });
  const url = address === null ? {} : { url: new URL(slackPaths.events, address).href };
  return {
    display_information: {
      name: 'VidGenie',
      description: 'Turns a few words into an image and a video.',
      background_color: '#2b1d3a',
    },
    features: {
      app_home: { home_tab_enabled: true, messages_tab_enabled: true, messages_tab_read_only_enabled: true },
      bot_user: { display_name: 'VidGenie', always_online: true },
      slash_commands: [
        {
          command: '/vidgenie',
          ...url,
          description: 'Make an image and a video from a few words',
          usage_hint: 'complete a fox in the snow',
          should_escape: false,
        },
      ],
      shortcuts: [
        {
          name: 'Create a video',
          type: 'global',
          callback_id: shortcutNames.create,
          description: 'Make an image and a video from a few words',
        },
        {
          name: 'Animate this image',
          type: 'message',
          callback_id: shortcutNames.animate,
          description: 'Bring the image of this message to life',
        },
        {
          name: 'Edit this image',
          type: 'message',
          callback_id: shortcutNames.edit,
          description: 'Change the image of this message with plain words',
        },
      ],
    },
    oauth_config: {
      ...(address === null ? {} : { redirect_urls: [new URL(slackPaths.redirect, address).href] }),
      scopes: { bot: botScopes },
    },
    settings: {
      event_subscriptions: {
        ...at(slackPaths.events),
        bot_events: ['app_home_opened', 'app_mention', 'app_uninstalled', 'tokens_revoked'],
      },
      interactivity: { is_enabled: true, ...at(slackPaths.events) },
      org_deploy_enabled: address !== null,
      socket_mode_enabled: address === null,
      token_rotation_enabled: false,
    },
  };
}
