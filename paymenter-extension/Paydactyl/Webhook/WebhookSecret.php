<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Webhook;

use Paymenter\Extensions\Servers\Paydactyl\Core\Problem;

/**
 * A shared secret in the form in which Standard Webhooks exchanges them: `whsec_` and base64.
 *
 * The rules are those of the bridge (Sources/Billing/WebhookSecret.swift), so that what is accepted here is accepted
 * there. The bytes can be neither printed nor dumped nor serialised.
 */
final class WebhookSecret
{
    private const PREFIX = 'whsec_';
    private const MINIMUM_BYTES = 24;

    private function __construct(private readonly string $bytes)
    {
    }

    /**
     * Reads a secret as a person pasted it; blanks at its ends are forgiven.
     *
     * @throws Problem that says what is wrong and never what the text was
     */
    public static function parse(#[\SensitiveParameter] ?string $text): self
    {
        $text = trim($text ?? '');
        if ($text === '') {
            // Paymenter turns a secret that it cannot decrypt into null (facts/paymenter.md §h).
            throw new Problem(
                'The webhook secret is empty. If it was set before, Paymenter could not decrypt it, which happens when'
                . ' APP_KEY changes: enter it again.'
            );
        }
        if (!str_starts_with($text, self::PREFIX)) {
            throw new Problem('A webhook secret begins with whsec_.');
        }
        $bytes = base64_decode(substr($text, strlen(self::PREFIX)), true);
        if ($bytes === false || base64_encode($bytes) !== substr($text, strlen(self::PREFIX))) {
            throw new Problem('What follows whsec_ in the webhook secret must be standard base64, with its padding.');
        }
        if (strlen($bytes) < self::MINIMUM_BYTES) {
            throw new Problem(sprintf(
                'A webhook secret has at least %d bytes before base64, this one has %d.',
                self::MINIMUM_BYTES,
                strlen($bytes)
            ));
        }

        return new self($bytes);
    }

    /** The code of a text, as base64. */
    public function authenticate(string $text): string
    {
        return base64_encode(hash_hmac('sha256', $text, $this->bytes, true));
    }

    /** @return array<string, string> */
    public function __debugInfo(): array
    {
        return ['bytes' => '(not shown)'];
    }

    public function __serialize(): array
    {
        throw new \LogicException('A webhook secret is not serialised.');
    }
}
