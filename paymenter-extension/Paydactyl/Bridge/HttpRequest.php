<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Bridge;

final class HttpRequest
{
    /** @param array<string, string> $headers */
    public function __construct(
        public readonly string $method,
        public readonly string $url,
        public readonly array $headers,
        public readonly ?string $body,
        public readonly int $connectMilliseconds,
        public readonly int $totalMilliseconds,
    ) {
    }
}
