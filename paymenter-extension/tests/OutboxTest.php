<?php

declare(strict_types=1);

namespace PaydactylTests;

use PaydactylTests\Support\Shop;
use Paymenter\Extensions\Servers\Paydactyl\Events\EventKind;
use Paymenter\Extensions\Servers\Paydactyl\Outbox\Outbox;
use PHPUnit\Framework\TestCase;

final class OutboxTest extends TestCase
{
    private const NOW = 1_795_430_400_000;

    private Shop $shop;
    private Outbox $outbox;

    protected function setUp(): void
    {
        $this->shop = new Shop();
        $this->outbox = $this->shop->assembly->outbox();
    }

    public function testARowIsTakenByOneProcessOnly(): void
    {
        $this->add('msg_1', 'service:8', 1);

        self::assertSame('msg_1', $this->outbox->claim(self::NOW)?->deliveryId);
        self::assertNull($this->outbox->claim(self::NOW));
    }

    public function testAClaimOfAProcessThatDiedLapses(): void
    {
        $this->add('msg_1', 'service:8', 1);
        $this->outbox->claim(self::NOW);

        self::assertNull($this->outbox->claim(self::NOW + Outbox::CLAIM_MILLISECONDS - 1));
        $again = $this->outbox->claim(self::NOW + Outbox::CLAIM_MILLISECONDS);
        self::assertSame(['msg_1', 2], [$again?->deliveryId, $again?->attempts]);
    }

    public function testRowsAreTakenInOrderAndThoseThatFailedLast(): void
    {
        $this->add('msg_2', 'service:9', 2);
        $this->add('msg_1', 'service:8', 1);
        $first = $this->outbox->claim(self::NOW);
        self::assertSame('msg_1', $first?->deliveryId);
        $this->outbox->postpone($first, 'away');

        self::assertSame('msg_2', $this->outbox->claim(self::NOW)?->deliveryId);
        self::assertSame('msg_1', $this->outbox->claim(self::NOW)?->deliveryId);
    }

    public function testOnlyAcknowledgedRowsLeave(): void
    {
        $this->add('msg_1', 'service:8', 1);
        $row = $this->outbox->claim(self::NOW);
        self::assertNotNull($row);
        $this->outbox->postpone($row, 'away');
        self::assertSame(1, $this->outbox->count());
        $this->outbox->refuse($row, 'no');
        self::assertSame(1, $this->outbox->count());
        $this->outbox->acknowledge($row);
        self::assertSame(0, $this->outbox->count());
    }

    public function testARefusedRowWaitsForAPerson(): void
    {
        $this->add('msg_1', 'service:8', 1);
        $row = $this->outbox->claim(self::NOW);
        self::assertNotNull($row);
        $this->outbox->refuse($row, "quantity must be an integer \u{2013} it is not");

        self::assertNull($this->outbox->claim(self::NOW));
        $backlog = $this->outbox->backlog();
        self::assertSame([0, 1, null], [$backlog->waiting, $backlog->refused, $backlog->oldestCreatedAt]);
        self::assertSame(
            ['subscription.updated of service:8 (msg_1): quantity must be an integer ? it is not'],
            $backlog->problems
        );

        self::assertSame(1, $this->outbox->retryRefused());
        self::assertSame('msg_1', $this->outbox->claim(self::NOW)?->deliveryId);
    }

    public function testBelowItsBoundNothingIsMerged(): void
    {
        $this->add('msg_1', 'service:8', 1);
        $this->add('msg_2', 'service:8', 2);

        self::assertSame(0, $this->outbox->mergeBeyond(2, self::NOW));
        self::assertSame(2, $this->outbox->count());
    }

    public function testBeyondItsBoundOnlyTheNewestOfEachServiceStays(): void
    {
        foreach ([['msg_1', 8], ['msg_2', 9], ['msg_3', 8], ['msg_4', 8]] as $revision => [$id, $service]) {
            $this->add($id, "service:{$service}", $revision);
        }

        self::assertSame(2, $this->outbox->mergeBeyond(3, self::NOW));
        self::assertSame(['msg_2', 'msg_4'], $this->ids());
    }

    /** A failed payment alone would not tell of the suspension before it. */
    public function testANewestRowThatSaysTooLittleBecomesAnUpdateUnderANewId(): void
    {
        $this->add('msg_1', 'service:8', 1, EventKind::Suspended);
        $this->add('msg_2', 'service:8', 2, EventKind::PaymentFailed);

        self::assertSame(1, $this->outbox->mergeBeyond(1, self::NOW));

        $row = $this->outbox->claim(self::NOW);
        self::assertNotSame('msg_2', $row?->deliveryId);
        self::assertSame('subscription.updated', $row?->kind);
        self::assertSame('{"event":"subscription.updated","revision":2,"properties":{}}', $row?->body);
    }

    public function testWhatIsUnderWayIsNotMerged(): void
    {
        $this->add('msg_1', 'service:8', 1);
        $this->outbox->claim(self::NOW);
        $this->add('msg_2', 'service:8', 2, EventKind::PaymentFailed);

        self::assertSame(0, $this->outbox->mergeBeyond(1, self::NOW));
        self::assertCount(2, $this->ids());
    }

    public function testItsBodiesArriveAsTheyWereWritten(): void
    {
        $this->shop->insert('users', ['id' => 3, 'first_name' => 'Zoë', 'last_name' => '\\"/', 'email' => 'a+b@example.test']);
        $this->shop->service();
        $this->shop->assembly->recorder()->serviceCreated(8);
        $body = $this->outbox->claim($this->shop->clock->now())?->body;

        self::assertSame('Zoë \\"/', json_decode((string) $body, true)['customer_name']);
        self::assertStringContainsString('"properties":{}', (string) $body);
    }

    private function add(string $id, string $subject, int $revision, EventKind $kind = EventKind::Updated): void
    {
        $body = json_encode(['event' => $kind->value, 'revision' => $revision, 'properties' => (object) []], JSON_THROW_ON_ERROR);
        $this->outbox->add($id, $subject, $kind, $revision, $body, self::NOW);
    }

    /** @return list<string> */
    private function ids(): array
    {
        return array_column(
            $this->shop->database->select('SELECT delivery_id FROM ext_paydactyl_outbox ORDER BY revision'),
            'delivery_id'
        );
    }
}
