import type { Delivery } from "../target.ts";
import type { Service } from "../http.ts";
import { timeText } from "../template.ts";
import { clip, COLORS, factsOf, hexColor, messageOf } from "./palette.ts";

const JSON_HEADERS = { "content-type": "application/json" };

/** Slack's incoming webhooks (also Mattermost's and Rocket.Chat's): an attachment for each alert, at most 20. */
export function slackService(url: string): Service {
  const attachment = ({ alert, heldBack }: Delivery): object => ({
    fallback: clip(messageOf(alert, heldBack), 3000),
    color: hexColor(alert.priority),
    text: clip(messageOf(alert, heldBack), 3000),
    fields: factsOf(alert).map(([title, value]) => ({
      title,
      value: clip(value, 1000),
      short: value.length < 40,
    })),
    footer: "Ocelli",
    ts: Number(alert.timeNs / 1_000_000_000n),
  });
  return {
    name: "slack",
    batchSize: 20,
    request: (batch) => ({
      url,
      headers: JSON_HEADERS,
      body: JSON.stringify({ attachments: batch.map(attachment) }),
    }),
  };
}

/** Teams' workflows: an adaptive card for each alert. */
export function teamsService(url: string): Service {
  const card = ({ alert, heldBack }: Delivery): object => ({
    contentType: "application/vnd.microsoft.card.adaptive",
    content: {
      $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
      type: "AdaptiveCard",
      version: "1.4",
      body: [
        {
          type: "TextBlock",
          text: `${alert.priority}: ${alert.rule}`,
          weight: "Bolder",
          wrap: true,
        },
        { type: "TextBlock", text: clip(messageOf(alert, heldBack), 4000), wrap: true },
        {
          type: "FactSet",
          facts: factsOf(alert).map(([title, value]) => ({ title, value: clip(value, 1000) })),
        },
      ],
    },
  });
  return {
    name: "teams",
    batchSize: 1,
    request: (batch) => ({
      url,
      headers: JSON_HEADERS,
      body: JSON.stringify({ type: "message", attachments: batch.map(card) }),
    }),
  };
}

/** Discord's webhooks: an embed for each alert, at most 10, with at most 25 fields each. */
export function discordService(url: string): Service {
  const embed = ({ alert, heldBack }: Delivery): object => ({
    title: clip(alert.rule, 256),
    description: clip(messageOf(alert, heldBack), 2000),
    color: COLORS[alert.priority],
    timestamp: timeText(alert),
    fields: factsOf(alert)
      .slice(1, 26)
      .map(([name, value]) => ({
        name: clip(name, 256),
        value: clip(value, 200) || "-",
        inline: true,
      })),
  });
  return {
    name: "discord",
    // All embeds of a message together may have 6,000 characters.
    batchSize: 1,
    request: (batch) => ({
      url,
      headers: JSON_HEADERS,
      body: JSON.stringify({ username: "Ocelli", embeds: batch.map(embed) }),
    }),
  };
}
