<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Outbox;

/** How far one run of the courier came. */
final class Run
{
    public function __construct(
        public readonly int $delivered,
        /** Why the bridge refused a delivery for good; null if it refused none. */
        public readonly ?string $refusal,
        /** Why it stopped before the outbox was empty; null if it did not. */
        public readonly ?string $problem,
        /** Whether that needs a person. */
        public readonly bool $needsPerson,
    ) {
    }
}
