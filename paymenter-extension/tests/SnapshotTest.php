<?php

declare(strict_types=1);

namespace PaydactylTests;

use Paymenter\Extensions\Servers\Paydactyl\Services\ServiceRecord;
use Paymenter\Extensions\Servers\Paydactyl\Services\Snapshot;
use PHPUnit\Framework\TestCase;

final class SnapshotTest extends TestCase
{
    public function testItHasEveryFieldOfTheContract(): void
    {
        self::assertSame(
            '{"subscription_id":"8","customer_id":"3","customer_email":"ada@example.test","customer_name":"Ada Lovelace",'
            . '"product_id":"fire-elemental","tier":"elemental","status":"active","quantity":1,"paid_through":"2026-12-23T10:40:29Z",'
            . '"ends_at":null,"reason":null,"properties":{"minecraft_username":"Ada_Lovelace"}}',
            Snapshot::json(Snapshot::fields($this->service(), null))
        );
    }

    public function testNoPropertiesAreAnObjectAsTheBridgeWantsIt(): void
    {
        self::assertStringContainsString('"properties":{}', Snapshot::json(Snapshot::fields($this->service(properties: []), null)));
    }

    public function testACancellationToTheEndOfThePeriodEndsThere(): void
    {
        $fields = Snapshot::fields($this->service(isCancelledAtPeriodEnd: true), null);

        self::assertSame('2026-12-23T10:40:29Z', $fields['ends_at']);
    }

    /** A date ahead would tell the bridge that it runs until then. */
    public function testWhatIsCancelledAlreadyEndsAtNoDate(): void
    {
        $fields = Snapshot::fields($this->service(isCancelledAtPeriodEnd: true)->withStatus('cancelled'), null);

        self::assertNull($fields['ends_at']);
    }

    public function testItIsAsciiWhateverCustomersAreCalled(): void
    {
        $json = Snapshot::json(Snapshot::fields($this->service(name: "Zoë \u{1F525}\xFF\0"), null));

        self::assertMatchesRegularExpression('/^[\x20-\x7E]+$/', $json);
        self::assertSame("Zoë \u{1F525}?", json_decode($json, true)['customer_name']);
    }

    public function testWhatCustomersTypeCannotMakeItLarge(): void
    {
        $properties = array_fill_keys(array_map(static fn (int $n) => "field{$n}", range(1, 1000)), str_repeat("\u{1F525}", 10_000));

        $json = Snapshot::json(Snapshot::fields($this->service(name: str_repeat('A', 1_000_000), properties: $properties), null));

        self::assertLessThan(60_000, strlen($json));
    }

    public function testSnapshotsThatSayTheSameHaveTheSameDigest(): void
    {
        $digest = Snapshot::digest(Snapshot::fields($this->service(), null));

        self::assertSame($digest, Snapshot::digest(Snapshot::fields($this->service(), null)));
        self::assertNotSame($digest, Snapshot::digest(Snapshot::fields($this->service(), 'manual')));
        self::assertNotSame($digest, Snapshot::digest(Snapshot::fields($this->service(properties: []), null)));
    }

    /** @param array<string, string> $properties */
    private function service(
        string $name = 'Ada Lovelace',
        array $properties = ['minecraft_username' => 'Ada_Lovelace'],
        bool $isCancelledAtPeriodEnd = false,
    ): ServiceRecord {
        return new ServiceRecord(
            '8',
            'active',
            '3',
            'ada@example.test',
            $name,
            'fire-elemental',
            'elemental',
            1,
            '2026-12-23T10:40:29Z',
            $isCancelledAtPeriodEnd,
            $properties,
            true,
        );
    }
}
