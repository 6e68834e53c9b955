<?php

declare(strict_types=1);

namespace PaydactylTests;

use PaydactylTests\Support\ScriptedTransport;
use PaydactylTests\Support\Shop;
use Paymenter\Extensions\Servers\Paydactyl\Bridge\HttpAnswer;
use Paymenter\Extensions\Servers\Paydactyl\Core\Problem;
use Paymenter\Extensions\Servers\Paydactyl\Core\Status;
use Paymenter\Extensions\Servers\Paydactyl\Services\UtcTime;
use PHPUnit\Framework\TestCase;

/** The bridge asks for a fresh word where Paymenter's API shows something else than was told. */
final class WantedTest extends TestCase
{
    public function testAServiceThatIsWantedIsToldAsItStandsThoughNothingChanged(): void
    {
        $shop = $this->shop(['8'], fn (Shop $shop) => $shop->clock->now());
        $shop->service(8);
        $shop->assembly->recorder()->serviceCreated(8);
        // Changed past every event, as by a hand in the database.
        $shop->change(8, ['status' => 'suspended', 'expires_at' => '2026-11-01 00:00:00']);

        self::assertSame(['told' => 1, 'payments' => 0, 'full_list' => false], $shop->assembly->wanted()->tell());

        [$first, $second] = $shop->told();
        self::assertSame(['subscription.updated', 'suspended', 'overdue'], [
            $second['event'], $second['status'], $second['reason'],
        ]);
        self::assertGreaterThan($first['revision'], $second['revision']);
    }

    public function testWhatWasToldSinceIsNotToldForEver(): void
    {
        $since = null;
        $shop = $this->shop(['8'], function (Shop $shop) use (&$since): int {
            return $since ??= $shop->clock->now();
        });
        $shop->service(8);
        $told = [];
        for ($minute = 0; $minute < 60; $minute += 5) {
            $told[] = $shop->assembly->wanted()->tell()['told'];
            $shop->clock->passSeconds(300);
        }

        self::assertSame([1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0], $told);
    }

    public function testOnlyServicesOfOursAreToldWhateverIsAskedFor(): void
    {
        $ids = ['8', '9', '10', '-1', 'x', '', '8; DROP TABLE services', '99999999999999999999'];
        $shop = $this->shop($ids, fn (Shop $shop) => $shop->clock->now());
        $shop->insert('products', ['id' => 5, 'name' => 'Hosting', 'slug' => 'hosting', 'server_id' => 77]);
        $shop->service(8);
        $shop->service(9, ['product_id' => 5]);

        self::assertSame(1, $shop->assembly->wanted()->tell()['told']);
        self::assertSame(['8'], array_column($shop->told(), 'subscription_id'));
    }

    public function testAFullListIsWantedUntilOneWasTaken(): void
    {
        $moment = UtcTime::ofMilliseconds((new Shop())->clock->now());
        $transport = new ScriptedTransport(
            new HttpAnswer(200, [], json_encode(['subscriptions' => [], 'full_list_since' => $moment], JSON_THROW_ON_ERROR))
        );
        $shop = new Shop(transport: $transport);

        self::assertTrue($shop->assembly->wanted()->tell()['full_list']);
        $shop->assembly->memory()->set(Status::LAST_LIST, (string) ($shop->clock->now() + 1));
        self::assertFalse($shop->assembly->wanted()->tell()['full_list']);
    }

    public function testWhatAPaymentWasForIsToldAsOnlyThisDatabaseKnowsIt(): void
    {
        $shop = $this->shopAskedForPayments(['pi_A', 'pi_credit', 'pi_gone']);
        $shop->insert('invoices', ['id' => 17, 'number' => 'INV-17', 'status' => 'paid']);
        foreach ([[17, 8, 'App\Models\Service'], [17, 9, 'App\Models\Service'], [18, 1, 'App\Models\Credit']] as [$invoice, $id, $type]) {
            $shop->insert('invoice_items', ['invoice_id' => $invoice, 'reference_id' => $id, 'reference_type' => $type]);
        }
        foreach ([[17, 'pi_A'], [17, 'pi_B'], [18, 'pi_credit'], [18, 'PI_a']] as [$invoice, $name]) {
            $shop->insert('invoice_transactions', ['invoice_id' => $invoice, 'transaction_id' => $name]);
        }

        self::assertSame(3, $shop->assembly->wanted()->tell()['payments']);

        self::assertSame([
            ['pi_A', [['subscription_id' => '8'], ['subscription_id' => '9']]],
            ['pi_credit', []],
            ['pi_gone', null],
        ], array_map(static fn (array $told) => [$told['payment_id'], $told['subscriptions']], $shop->told()));
        self::assertSame(['payment.identified'], array_values(array_unique($shop->toldKinds())));
    }

    public function testAnAnswerThatStillWaitsIsNotWrittenAgain(): void
    {
        $shop = $this->shopAskedForPayments(['pi_A']);

        self::assertSame([1, 0], [
            $shop->assembly->wanted()->tell()['payments'], $shop->assembly->wanted()->tell()['payments'],
        ]);
        $shop->forgetTold();
        self::assertSame(1, $shop->assembly->wanted()->tell()['payments']);
    }

    public function testWhatNoProviderCallsAPaymentIsNotLookedForAndAnyNumberIsBounded(): void
    {
        $strange = ['', "pi_1' OR 1=1", "pi_1\n", str_repeat('x', 51), 'pi_é'];
        $many = array_map(static fn (int $number) => "pi_{$number}", range(1, 300));
        $shop = $this->shopAskedForPayments([...$strange, 'pi_1', ...$many]);

        self::assertSame(50, $shop->assembly->wanted()->tell()['payments']);
        self::assertSame(array_slice($many, 0, 50), array_column($shop->told(), 'payment_id'));
    }

    public function testLettersOfAPaymentsNameAreComparedExactlyWhateverTheDatabaseThinks(): void
    {
        $shop = $this->shopAskedForPayments(['pi_a']);
        // As MySQL's usual collations compare.
        $shop->database->execute('DROP TABLE invoice_transactions');
        $shop->database->execute(
            'CREATE TABLE invoice_transactions (id INTEGER PRIMARY KEY, invoice_id INTEGER, transaction_id TEXT COLLATE NOCASE)'
        );
        $shop->insert('invoice_transactions', ['invoice_id' => 17, 'transaction_id' => 'pi_A']);
        $shop->insert('invoice_items', ['invoice_id' => 17, 'reference_id' => 8, 'reference_type' => 'App\Models\Service']);

        $shop->assembly->wanted()->tell();

        self::assertNull($shop->told()[0]['subscriptions']);
    }

    /** @dataProvider strangers */
    public function testAnAnswerThatIsNotTheBridgesTellsNothing(HttpAnswer $answer, string $words): void
    {
        $shop = new Shop(transport: new ScriptedTransport($answer));
        $shop->service(8);

        try {
            $shop->assembly->wanted()->tell();
            self::fail('It was taken.');
        } catch (Problem $problem) {
            self::assertStringContainsString($words, $problem->getMessage());
        }
        self::assertSame([], $shop->told());
    }

    /** @return array<string, array{HttpAnswer, string}> */
    public static function strangers(): array
    {
        return [
            'html' => [new HttpAnswer(200, [], '<html>{"subscriptions": []}</html>'), 'HTTP 200'],
            'another secret' => [ScriptedTransport::problem(401, 'no signature matches'), 'no signature matches'],
            'an older bridge' => [ScriptedTransport::problem(404), 'HTTP 404'],
            'another shape' => [new HttpAnswer(200, [], '{"subscriptions":"8"}'), 'HTTP 200'],
        ];
    }

    /**
     * @param list<string> $ids
     * @param \Closure(Shop): int $since
     */
    private function shop(array $ids, \Closure $since): Shop
    {
        $shop = null;
        $transport = new ScriptedTransport(function () use (&$shop, $ids, $since): HttpAnswer {
            $moment = UtcTime::ofMilliseconds($since($shop));
            $wanted = array_map(static fn (string $id) => ['id' => $id, 'since' => $moment], $ids);

            return new HttpAnswer(200, [], json_encode(['subscriptions' => $wanted], JSON_THROW_ON_ERROR));
        });

        return $shop = new Shop(transport: $transport);
    }

    /** @param list<string> $payments */
    private function shopAskedForPayments(array $payments): Shop
    {
        $asked = array_map(static fn (string $name) => ['id' => $name, 'since' => '2026-11-23T10:40:00Z'], $payments);

        return new Shop(transport: new ScriptedTransport(
            new HttpAnswer(200, [], json_encode(['subscriptions' => [], 'payments' => $asked], JSON_THROW_ON_ERROR))
        ));
    }
}
