<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Outbox;

/** One delivery that waits. */
final class OutboxRow
{
    public function __construct(
        /** The webhook id; the same at every attempt. */
        public readonly string $deliveryId,
        public readonly string $subject,
        public readonly string $kind,
        public readonly string $body,
        public readonly int $attempts,
    ) {
    }
}
