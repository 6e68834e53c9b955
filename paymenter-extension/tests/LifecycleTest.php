<?php

declare(strict_types=1);

namespace PaydactylTests;

use PaydactylTests\Support\FixedClock;
use PaydactylTests\Support\ScriptedTransport;
use PaydactylTests\Support\Shop;
use Paymenter\Extensions\Servers\Paydactyl\Bridge\BridgeAway;
use Paymenter\Extensions\Servers\Paydactyl\Bridge\HttpAnswer;
use Paymenter\Extensions\Servers\Paydactyl\Bridge\HttpRequest;
use Paymenter\Extensions\Servers\Paydactyl\Core\Lifecycle;
use Paymenter\Extensions\Servers\Paydactyl\Core\Problem;
use Paymenter\Extensions\Servers\Paydactyl\Events\LifecycleCall;
use PHPUnit\Framework\TestCase;

final class LifecycleTest extends TestCase
{
    public function testACallTellsAndDelivers(): void
    {
        [$shop, $bridge] = $this->shop();

        self::assertNull($this->call($shop, LifecycleCall::Create));
        self::assertSame(['subscription.created'], array_column($bridge->bodies(), 'event'));
    }

    public function testABridgeThatIsAwayIsNoFailure(): void
    {
        [$shop] = $this->shop(new BridgeAway('Nothing answers.'));

        self::assertSame('Nothing answers.', $this->call($shop, LifecycleCall::Create));
        self::assertSame(['subscription.created'], $shop->toldKinds());
    }

    public function testItAnswersWithinItsTimeWhateverTheBridgeDoes(): void
    {
        $clock = new FixedClock();
        $slow = static function (HttpRequest $request) use ($clock): HttpAnswer {
            $clock->now += $request->totalMilliseconds;
            throw new BridgeAway("The bridge did not answer within {$request->totalMilliseconds} ms.");
        };
        $shop = new Shop($clock, new ScriptedTransport($slow), settings: ['request_timeout' => '30']);
        $shop->service();
        $start = $clock->now();

        $this->call($shop, LifecycleCall::Create);

        self::assertLessThanOrEqual(5000, $clock->now() - $start);
    }

    public function testWhatWasRefusedLongAgoDoesNotWait(): void
    {
        [$shop] = $this->shop(ScriptedTransport::problem(400), ScriptedTransport::accepted());
        $shop->assembly->recorder()->serviceCreated(8);
        $shop->assembly->courier()->run(1000);
        $shop->change(8, ['quantity' => 2]);

        self::assertNull($this->call($shop, LifecycleCall::Upgrade));
        self::assertSame(1, $shop->assembly->outbox()->count());
    }

    public function testNothingIsSentInsideATransaction(): void
    {
        [$shop, $bridge] = $this->shop();

        $waits = (new Lifecycle($shop->assembly))->call(LifecycleCall::Create, 8, isPerson: false, maySend: false);

        self::assertSame([], $bridge->requests);
        self::assertStringContainsString('transaction', (string) $waits);
        self::assertSame(['subscription.created'], $shop->toldKinds());
    }

    public function testCreatingTwiceIsHarmless(): void
    {
        [$shop, $bridge] = $this->shop();
        $this->call($shop, LifecycleCall::Create);
        $this->call($shop, LifecycleCall::Create);

        self::assertCount(1, $bridge->requests);
    }

    public function testAPersonWhoAsksIsHeardAgain(): void
    {
        [$shop, $bridge] = $this->shop();
        $this->call($shop, LifecycleCall::Create);
        (new Lifecycle($shop->assembly))->call(LifecycleCall::Create, 8, isPerson: true, maySend: true);

        self::assertSame(['subscription.created', 'subscription.created'], array_column($bridge->bodies(), 'event'));
    }

    /** @dataProvider mendable */
    public function testWhatAPersonMustPutRightFailsTheJobAndIsKept(HttpAnswer $answer, string $words): void
    {
        [$shop] = $this->shop($answer);

        try {
            $this->call($shop, LifecycleCall::Create);
            self::fail('Nobody would have known.');
        } catch (Problem $problem) {
            self::assertStringContainsString($words, $problem->getMessage());
            self::assertStringContainsString('is kept', $problem->getMessage());
        }
        self::assertSame(['subscription.created'], $shop->toldKinds());
    }

    /** @return array<string, array{HttpAnswer, string}> */
    public static function mendable(): array
    {
        return [
            'a wrong secret' => [ScriptedTransport::problem(401), 'webhook secret'],
            'a firewall' => [ScriptedTransport::problem(403), '403'],
            'a refusal' => [ScriptedTransport::problem(400, 'tier is no string'), 'tier is no string'],
        ];
    }

    public function testWithoutASecretTheEventIsKeptAndThePersonIsTold(): void
    {
        $shop = new Shop(settings: ['secret' => null]);
        $shop->service();

        try {
            $this->call($shop, LifecycleCall::Create);
            self::fail('Nobody would have known.');
        } catch (Problem $problem) {
            self::assertStringContainsString('The webhook secret is empty', $problem->getMessage());
        }
        self::assertSame(['subscription.created'], $shop->toldKinds());
    }

    /** Paymenter would say "Action triggered successfully" though nothing was suspended. */
    public function testAPersonWhoseActionTheRowContradictsIsToldSo(): void
    {
        [$shop, $bridge] = $this->shop();

        try {
            (new Lifecycle($shop->assembly))->call(LifecycleCall::Suspend, 8, isPerson: true, maySend: true);
            self::fail('The person believes that it is suspended.');
        } catch (Problem $problem) {
            self::assertStringContainsString('as active', $problem->getMessage());
            self::assertStringContainsString('set its status to suspended', $problem->getMessage());
        }
        self::assertSame(['active'], array_column($bridge->bodies(), 'status'));
    }

    public function testAServiceThatIsNotOursIsNamed(): void
    {
        $this->expectException(Problem::class);
        $this->expectExceptionMessage('Service 9 does not exist');
        (new Lifecycle((new Shop())->assembly))->call(LifecycleCall::Create, 9, isPerson: false, maySend: true);
    }

    private function call(Shop $shop, LifecycleCall $call): ?string
    {
        return (new Lifecycle($shop->assembly))->call($call, 8, isPerson: false, maySend: true);
    }

    /** @return array{Shop, ScriptedTransport} */
    private function shop(HttpAnswer|BridgeAway|\Closure ...$script): array
    {
        $transport = new ScriptedTransport(...$script);
        $shop = new Shop(transport: $transport);
        $shop->service();

        return [$shop, $transport];
    }
}
