<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Webhook;

/**
 * Signs deliveries after Standard Webhooks 1.0, symmetric keys (`v1`).
 *
 * With several secrets a delivery carries a signature of each, so that a secret is exchanged without a moment at which
 * the bridge knows none of them.
 */
final class WebhookSigner
{
    /** @var non-empty-list<WebhookSecret> */
    private readonly array $secrets;

    public function __construct(WebhookSecret $secret, WebhookSecret ...$more)
    {
        $this->secrets = [$secret, ...array_values($more)];
    }

    /**
     * The three headers for `body`, to be sent unchanged, byte for byte.
     *
     * @return array<string, string>
     */
    public function headers(string $id, int $unixSeconds, string $body): array
    {
        $text = "{$id}.{$unixSeconds}.{$body}";
        $signatures = array_map(
            static fn (WebhookSecret $secret) => 'v1,' . $secret->authenticate($text),
            $this->secrets
        );

        return [
            'webhook-id' => $id,
            'webhook-timestamp' => (string) $unixSeconds,
            'webhook-signature' => implode(' ', $signatures),
        ];
    }
}
