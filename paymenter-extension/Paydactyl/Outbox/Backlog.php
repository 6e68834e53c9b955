<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Outbox;

/** How much waits to be delivered. */
final class Backlog
{
    /** @param list<string> $problems one sentence for each of the first refused rows */
    public function __construct(
        public readonly int $waiting,
        public readonly int $refused,
        public readonly ?int $oldestCreatedAt,
        public readonly array $problems,
    ) {
    }
}
