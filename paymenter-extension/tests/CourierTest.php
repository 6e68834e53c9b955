<?php

declare(strict_types=1);

namespace PaydactylTests;

use PaydactylTests\Support\FixedClock;
use PaydactylTests\Support\ScriptedTransport;
use PaydactylTests\Support\Shop;
use Paymenter\Extensions\Servers\Paydactyl\Bridge\BridgeAway;
use Paymenter\Extensions\Servers\Paydactyl\Bridge\HttpAnswer;
use Paymenter\Extensions\Servers\Paydactyl\Bridge\HttpRequest;
use Paymenter\Extensions\Servers\Paydactyl\Outbox\Backoff;
use PHPUnit\Framework\TestCase;

final class CourierTest extends TestCase
{
    public function testWhatWaitsIsDeliveredInOrderOfItsRevisions(): void
    {
        [$shop, $bridge] = $this->shopWithChanges(3);

        $run = $shop->assembly->courier()->run(5000);

        self::assertSame([3, null], [$run->delivered, $run->problem]);
        self::assertSame(0, $shop->assembly->outbox()->count());
        $revisions = array_column($bridge->bodies(), 'revision');
        $sorted = $revisions;
        sort($sorted);
        self::assertSame($sorted, $revisions);
        self::assertSame($shop->clock->now(), $shop->assembly->gate()->lastAcknowledgedAt());
    }

    public function testARetryCarriesTheSameIdAndBodyUnderANewTimestamp(): void
    {
        [$shop, $bridge] = $this->shopWithChanges(1, ScriptedTransport::problem(503), ScriptedTransport::accepted());
        $shop->assembly->courier()->run(5000);
        $shop->clock->passSeconds(6);
        $shop->assembly->courier()->run(5000);

        [$first, $second] = $bridge->requests;
        self::assertSame($first->headers['webhook-id'], $second->headers['webhook-id']);
        self::assertSame($first->body, $second->body);
        self::assertNotSame($first->headers['webhook-timestamp'], $second->headers['webhook-timestamp']);
        self::assertNotSame($first->headers['webhook-signature'], $second->headers['webhook-signature']);
    }

    public function testARepetitionThatTheBridgeKnowsIsAcknowledged(): void
    {
        [$shop] = $this->shopWithChanges(
            1,
            new BridgeAway('The bridge did not answer within 5000 ms.'),
            new HttpAnswer(200, [], '{"status":"duplicate"}')
        );
        $shop->assembly->courier()->run(5000);
        self::assertSame(1, $shop->assembly->outbox()->count());
        $shop->clock->passSeconds(6);
        $shop->assembly->courier()->run(5000);

        self::assertSame(0, $shop->assembly->outbox()->count());
    }

    public function testABridgeThatIsAwayCostsOneAttemptHoweverMuchWaits(): void
    {
        [$shop, $bridge] = $this->shopWithChanges(500, new BridgeAway('Nothing answers.'));

        for ($i = 0; $i < 10; $i++) {
            $run = $shop->assembly->courier()->run(5000);
            self::assertSame('Nothing answers.', $run->problem);
        }

        self::assertCount(1, $bridge->requests);
        self::assertSame(500, $shop->assembly->outbox()->count());
    }

    public function testThePausesGrowAndEndWithTheFirstSuccess(): void
    {
        [$shop, $bridge] = $this->shopWithChanges(2, new BridgeAway('Nothing answers.'));
        $pauses = [];
        for ($i = 0; $i < 6; $i++) {
            $shop->assembly->courier()->run(5000);
            $pause = 0;
            while (!$shop->assembly->gate()->isOpen($shop->clock->now())) {
                $shop->clock->passSeconds(1);
                $pause++;
            }
            $pauses[] = $pause;
        }

        self::assertSame([5, 15, 60, 300, 900, 900], $pauses);
        self::assertCount(6, $bridge->requests);

        $recovered = new Shop($shop->clock);
        $recovered->assembly->gate()->close('away', false, $shop->clock->now());
        $recovered->assembly->gate()->open($shop->clock->now());
        self::assertNull($recovered->assembly->gate()->problem());
        self::assertTrue($recovered->assembly->gate()->isOpen($shop->clock->now()));
    }

    public function testABridgeThatAsksForTimeGetsItWithinReason(): void
    {
        self::assertSame(30_000, Backoff::milliseconds(1, 30));
        self::assertSame(60_000, Backoff::milliseconds(3, 30));
        self::assertSame(900_000, Backoff::milliseconds(1, 86_400));

        [$shop] = $this->shopWithChanges(1, ScriptedTransport::problem(429, 'slow down', ['retry-after' => '40']));
        $shop->assembly->courier()->run(5000);
        $shop->clock->passSeconds(39);
        self::assertFalse($shop->assembly->gate()->isOpen($shop->clock->now()));
        $shop->clock->passSeconds(1);
        self::assertTrue($shop->assembly->gate()->isOpen($shop->clock->now()));
    }

    public function testARefusedDeliveryDoesNotHoldUpTheOthers(): void
    {
        [$shop, $bridge] = $this->shopWithChanges(
            3,
            ScriptedTransport::problem(400, 'quantity must be an integer'),
            ScriptedTransport::accepted()
        );

        $run = $shop->assembly->courier()->run(5000);

        self::assertSame(2, $run->delivered);
        self::assertStringContainsString('quantity must be an integer', (string) $run->refusal);
        self::assertCount(3, $bridge->requests);
        self::assertSame(1, $shop->assembly->outbox()->backlog()->refused);
    }

    public function testADeliveryThatAlwaysFailsDoesNotStarveTheOthers(): void
    {
        $poison = null;
        [$shop, $bridge] = $this->shopWithChanges(3, static function (HttpRequest $request) use (&$poison): HttpAnswer {
            $poison ??= $request->headers['webhook-id'];

            return $request->headers['webhook-id'] === $poison ? ScriptedTransport::problem(500) : ScriptedTransport::accepted();
        });
        $shop->assembly->courier()->run(5000);
        $shop->clock->passSeconds(6);
        $shop->assembly->courier()->run(5000);

        self::assertSame(1, $shop->assembly->outbox()->count());
        self::assertCount(4, $bridge->requests);
    }

    public function testItTakesNoLongerThanItWasGiven(): void
    {
        $clock = new FixedClock();
        $limits = [];
        $transport = new ScriptedTransport(static function (HttpRequest $request) use ($clock, &$limits): HttpAnswer {
            $limits[] = $request->totalMilliseconds;
            $clock->now += 400;

            return ScriptedTransport::accepted();
        });
        $shop = $this->filled(new Shop($clock, $transport), 10);

        $run = $shop->assembly->courier()->run(1000);

        self::assertSame(3, $run->delivered);
        self::assertSame([1000, 600, 200], $limits);
    }

    public function testItCanBeToldToDeliverOnlyWhatConcernsOneService(): void
    {
        [$shop, $bridge] = $this->shopWithChanges(3);

        $shop->assembly->courier()->run(5000, 'service:2');

        self::assertSame(['2'], array_column($bridge->bodies(), 'subscription_id'));
        self::assertSame(2, $shop->assembly->outbox()->count());
    }

    public function testWhatAPersonMustPutRightIsSaidAgainWhileThePauseLasts(): void
    {
        [$shop] = $this->shopWithChanges(1, ScriptedTransport::problem(401, 'The signature is wrong.'));
        $first = $shop->assembly->courier()->run(5000);
        $second = $shop->assembly->courier()->run(5000);

        self::assertTrue($first->needsPerson);
        self::assertTrue($second->needsPerson);
        self::assertStringContainsString('webhook secret', (string) $second->problem);
    }

    /** @return array{Shop, ScriptedTransport} */
    private function shopWithChanges(int $count, HttpAnswer|BridgeAway|\Closure ...$script): array
    {
        $transport = new ScriptedTransport(...$script);

        return [$this->filled(new Shop(transport: $transport), $count), $transport];
    }

    private function filled(Shop $shop, int $count): Shop
    {
        $recorder = $shop->assembly->recorder();
        for ($id = 1; $id <= $count; $id++) {
            $shop->service($id);
            $shop->clock->now++;
            $recorder->serviceCreated($id);
        }

        return $shop;
    }
}
