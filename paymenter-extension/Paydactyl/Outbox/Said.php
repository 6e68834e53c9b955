<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Outbox;

/** What was last said of a service or a customer, and the revision for what is said next. */
final class Said
{
    public function __construct(
        public readonly int $revision,
        public readonly ?string $digest,
        public readonly ?string $status,
        public readonly ?string $reason,
    ) {
    }
}
