<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Core;

use Paymenter\Extensions\Servers\Paydactyl\Bridge\BridgeUrl;
use Paymenter\Extensions\Servers\Paydactyl\Webhook\WebhookSecret;
use Paymenter\Extensions\Servers\Paydactyl\Webhook\WebhookSigner;

/**
 * What the administrator entered, read when it is needed.
 *
 * Paymenter hands over strings or null whatever was typed (facts/paymenter.md §b).
 */
final class Settings
{
    /** A lifecycle call answers within this, whatever the bridge does. */
    public const LIFECYCLE_MILLISECONDS = 5000;

    /** @param array<string, mixed> $values */
    public function __construct(#[\SensitiveParameter] private readonly array $values)
    {
    }

    /**
     * The fields of the server's form.
     *
     * @return list<array<string, mixed>>
     */
    public static function fields(): array
    {
        return [
            [
                'name' => 'bridge_url',
                'label' => 'Bridge URL',
                'type' => 'text',
                'placeholder' => 'https://paydactyl.example.com',
                'description' => 'Where Paydactyl listens. https, unless it runs on this machine.',
                'required' => true,
            ],
            [
                'name' => 'secret',
                'label' => 'Webhook secret',
                'type' => 'password',
                'description' => 'One of billing.paymenter.secrets of paydactyl.yaml, whsec_ included.',
                'required' => true,
                'encrypted' => true,
            ],
            [
                'name' => 'previous_secret',
                'label' => 'Second webhook secret',
                'type' => 'password',
                'description' => 'Only while the secret is exchanged: deliveries are then signed with both.',
                'required' => false,
                'encrypted' => true,
            ],
            [
                'name' => 'panel_url',
                'label' => 'Panel address',
                'type' => 'text',
                'placeholder' => 'https://panel.example.com',
                'description' => 'Optional: where customers sign in to the game panel, if it is another address than'
                    . ' the one that Paydactyl uses.',
                'required' => false,
                'validation' => 'nullable|url:https,http',
            ],
            [
                'name' => 'player_property',
                'label' => "Property with the player's name",
                'type' => 'text',
                'default' => 'minecraft_username',
                'description' => 'The same as billing.paymenter.player_property of paydactyl.yaml.',
                'required' => false,
                'validation' => 'nullable|regex:/^[A-Za-z0-9_]{1,64}$/',
            ],
            [
                'name' => 'connect_timeout',
                'label' => 'Seconds to connect',
                'type' => 'number',
                'default' => 2,
                'min_value' => 1,
                'max_value' => 5,
                'required' => false,
            ],
            [
                'name' => 'request_timeout',
                'label' => 'Seconds for a request',
                'type' => 'number',
                'default' => 5,
                'min_value' => 1,
                'max_value' => 30,
                'required' => false,
            ],
        ];
    }

    /**
     * The names of the fields that must never be stored in clear.
     *
     * @return list<string>
     */
    public static function secretFields(): array
    {
        return array_values(array_map(
            static fn (array $field) => $field['name'],
            array_filter(self::fields(), static fn (array $field) => $field['encrypted'] ?? false)
        ));
    }

    /** @throws Problem */
    public function bridgeUrl(): BridgeUrl
    {
        return BridgeUrl::parse($this->text('bridge_url'));
    }

    /** @throws Problem */
    public function signer(): WebhookSigner
    {
        $secret = WebhookSecret::parse($this->text('secret'));
        $previous = $this->text('previous_secret');
        if ($previous === null) {
            return new WebhookSigner($secret);
        }
        try {
            return new WebhookSigner($secret, WebhookSecret::parse($previous));
        } catch (Problem $problem) {
            throw new Problem("The second webhook secret cannot be used. {$problem->getMessage()}");
        }
    }

    /** Only an address that a link may safely lead to. */
    public function panelUrl(): ?string
    {
        $url = $this->text('panel_url');

        return $url !== null && preg_match('#^https?://[^\s"\'<>]+\z#i', $url) === 1 ? rtrim($url, '/') : null;
    }

    public function playerProperty(): string
    {
        $name = $this->text('player_property');

        return $name !== null && preg_match('/^[A-Za-z0-9_]{1,64}\z/', $name) === 1 ? $name : 'minecraft_username';
    }

    public function connectMilliseconds(): int
    {
        return $this->seconds('connect_timeout', 2, 5) * 1000;
    }

    public function requestMilliseconds(): int
    {
        return $this->seconds('request_timeout', 5, 30) * 1000;
    }

    private function seconds(string $name, int $otherwise, int $maximum): int
    {
        $seconds = (int) ($this->text($name) ?? $otherwise);

        return $seconds < 1 ? $otherwise : min($seconds, $maximum);
    }

    private function text(string $name): ?string
    {
        $value = $this->values[$name] ?? null;
        $text = is_scalar($value) ? trim((string) $value) : '';

        return $text === '' ? null : $text;
    }

    /** @return array<string, string> */
    public function __debugInfo(): array
    {
        return ['values' => '(not shown)'];
    }
}
