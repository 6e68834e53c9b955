<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Services;

/**
 * A service of Paymenter with all that the bridge wants to know of it, as it is in the database at one moment.
 */
final class ServiceRecord
{
    /** @param array<string, string> $properties */
    public function __construct(
        public readonly string $id,
        public readonly string $status,
        public readonly string $customerId,
        public readonly ?string $customerEmail,
        public readonly string $customerName,
        public readonly ?string $product,
        public readonly ?string $tier,
        public readonly int $quantity,
        /** RFC 3339; null for what has no end (one-time and free products). */
        public readonly ?string $paidThrough,
        public readonly bool $isCancelledAtPeriodEnd,
        public readonly array $properties,
        /** Whether its product is sold through this extension. */
        public readonly bool $isOurs,
    ) {
    }

    public function withStatus(string $status): self
    {
        return new self(
            $this->id,
            $status,
            $this->customerId,
            $this->customerEmail,
            $this->customerName,
            $this->product,
            $this->tier,
            $this->quantity,
            $this->paidThrough,
            $this->isCancelledAtPeriodEnd,
            $this->properties,
            $this->isOurs,
        );
    }

    public function subject(): string
    {
        return "service:{$this->id}";
    }
}
