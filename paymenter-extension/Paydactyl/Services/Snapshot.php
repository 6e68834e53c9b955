<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Services;

/**
 * What is told of a service: all fields of the webhook contract (DESIGN §5), so that the newest one suffices.
 */
final class Snapshot
{
    /** Bounds that keep one entry far below the bridge's 256 KiB, whatever customers type. */
    private const MAXIMUM_PROPERTIES = 40;
    private const MAXIMUM_TEXT = 300;

    /**
     * The fields, without the event's name, revision and moment.
     *
     * `reason` says why a service is suspended or ended, null otherwise. `ends_at` is the end of the paid period where
     * the customer cancelled to it; of a service that Paymenter shows as cancelled already it is null, since a date
     * ahead would say that it still runs.
     *
     * @return array<string, mixed>
     */
    public static function fields(ServiceRecord $service, ?string $reason): array
    {
        $endsAt = $service->isCancelledAtPeriodEnd && $service->status !== 'cancelled' ? $service->paidThrough : null;

        return [
            'subscription_id' => $service->id,
            'customer_id' => $service->customerId,
            'customer_email' => self::text($service->customerEmail),
            'customer_name' => self::text($service->customerName),
            'product_id' => self::text($service->product),
            'tier' => self::text($service->tier),
            'status' => self::text($service->status),
            'quantity' => $service->quantity,
            'paid_through' => $service->paidThrough,
            'ends_at' => $endsAt,
            'reason' => self::text($reason),
            'properties' => (object) self::properties($service->properties),
        ];
    }

    /** Two snapshots with the same digest say the same. */
    public static function digest(array $fields): string
    {
        return hash('sha256', self::json($fields));
    }

    /**
     * The bytes that are stored, signed and sent.
     *
     * Pure ASCII, so that no character set of a database can change them. Text that is no UTF-8 is told with
     * replacement characters: a strange name must not keep an end from being told.
     */
    public static function json(array $body): string
    {
        return json_encode(
            $body,
            JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE | JSON_PRESERVE_ZERO_FRACTION
        );
    }

    /**
     * @param array<string, string> $properties
     * @return array<string, string|null>
     */
    private static function properties(array $properties): array
    {
        $kept = [];
        foreach (array_slice($properties, 0, self::MAXIMUM_PROPERTIES, true) as $name => $value) {
            $kept[self::text((string) $name)] = self::text($value);
        }

        return $kept;
    }

    private static function text(?string $text): ?string
    {
        if ($text === null) {
            return null;
        }

        return mb_strcut(str_replace("\0", '', mb_scrub($text, 'UTF-8')), 0, self::MAXIMUM_TEXT, 'UTF-8');
    }
}
