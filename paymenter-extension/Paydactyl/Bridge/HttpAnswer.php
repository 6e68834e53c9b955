<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Bridge;

final class HttpAnswer
{
    /** @param array<string, string> $headers names in lower case */
    public function __construct(
        public readonly int $status,
        public readonly array $headers,
        public readonly string $body,
    ) {
    }

    /** @return array<string, mixed>|null the body, if it is a JSON object */
    public function json(): ?array
    {
        $value = json_decode($this->body, true, 64);

        return is_array($value) && !array_is_list($value) ? $value : null;
    }

    /** What the bridge itself says is wrong (RFC 9457), on one line; null where the answer is not the bridge's. */
    public function detail(): ?string
    {
        $detail = $this->json()['detail'] ?? null;
        if (!is_string($detail)) {
            return null;
        }

        return mb_substr(preg_replace('/\s+/u', ' ', $detail) ?? '', 0, 300);
    }
}
