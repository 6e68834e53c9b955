<?php

declare(strict_types=1);

namespace PaydactylTests;

use PaydactylTests\Support\Driver;
use PaydactylTests\Support\FixedClock;
use PaydactylTests\Support\ScriptedTransport;
use PaydactylTests\Support\Shop;
use Paymenter\Extensions\Servers\Paydactyl\Bridge\BridgeAway;
use Paymenter\Extensions\Servers\Paydactyl\Bridge\BridgeClient;
use Paymenter\Extensions\Servers\Paydactyl\Bridge\HttpAnswer;
use Paymenter\Extensions\Servers\Paydactyl\Bridge\HttpRequest;
use Paymenter\Extensions\Servers\Paydactyl\Bridge\HttpTransport;
use Paymenter\Extensions\Servers\Paydactyl\Core\Assembly;
use Paymenter\Extensions\Servers\Paydactyl\Core\Settings;
use Paymenter\Extensions\Servers\Paydactyl\Outbox\PdoDatabase;
use PHPUnit\Framework\TestCase;

final class FullListTest extends TestCase
{
    public function testAListOfOnePageNamesItsGenerationAndEveryService(): void
    {
        $transport = new ScriptedTransport();
        $shop = new Shop(transport: $transport);
        $shop->service(8);
        $shop->insert('settings', ['key' => 'cronjob_order_suspend', 'value' => '3', 'settingable_type' => null]);
        $shop->service(9, ['status' => 'suspended', 'expires_at' => '2026-11-01 00:00:00']);
        $shop->assembly->recorder()->serviceCreated(8);
        $revision = $shop->told()[0]['revision'];
        $shop->clock->passSeconds(60);

        $result = $shop->assembly->fullList()->send();

        $page = $transport->bodies()[0];
        self::assertSame([1, 1, 2, null], [$result->pages, $result->acknowledgedPages, $result->services, $result->problem]);
        self::assertSame(['subscriptions.snapshot', $result->generation, 1, 1, '2026-11-23T10:41:00.000Z'], [
            $page['event'], $page['generation'], $page['page'], $page['pages'], $page['occurred_at'],
        ]);
        self::assertSame(
            ['suspend_after_days' => 3, 'terminate_after_days' => 14, 'cancel_unpaid_after_days' => 7],
            $page['settings']
        );
        self::assertSame(['8', '9'], array_column($page['subscriptions'], 'subscription_id'));
        self::assertSame([null, 'overdue'], array_column($page['subscriptions'], 'reason'));
        // A list repeats what was said; what was never spoken of is as old as the list.
        self::assertSame([$revision, $shop->clock->now()], array_column($page['subscriptions'], 'revision'));
    }

    public function testAnEmptyShopIsToldAsOneEmptyPage(): void
    {
        $transport = new ScriptedTransport();

        $result = (new Shop(transport: $transport))->assembly->fullList()->send();

        self::assertSame([1, 0], [$result->pages, $result->services]);
        self::assertSame([], $transport->bodies()[0]['subscriptions']);
    }

    public function testTenThousandServicesComeInPagesThatTheBridgeTakesAndInLittleMemory(): void
    {
        $sizes = $ids = $pages = [];
        $bridge = static function (HttpRequest $request) use (&$sizes, &$ids, &$pages): HttpAnswer {
            $body = json_decode((string) $request->body, true, 64, JSON_THROW_ON_ERROR);
            $sizes[] = strlen((string) $request->body);
            $pages[] = [$body['page'], $body['pages']];
            $ids = [...$ids, ...array_column($body['subscriptions'], 'subscription_id')];

            return ScriptedTransport::accepted();
        };
        $transport = new class ($bridge) implements \Paymenter\Extensions\Servers\Paydactyl\Bridge\HttpTransport {
            public function __construct(private \Closure $bridge)
            {
            }

            public function send(HttpRequest $request): HttpAnswer
            {
                return ($this->bridge)($request);
            }
        };
        $shop = new Shop(new FixedClock(), $transport);
        $shop->database->transaction(function () use ($shop): void {
            for ($id = 1; $id <= 10_000; $id++) {
                $shop->service($id * 3);
                $shop->insert('properties', [
                    'key' => 'minecraft_username', 'value' => "Player_{$id}", 'model_id' => $id * 3,
                    'model_type' => 'App\Models\Service',
                ]);
            }
        });
        $before = memory_get_usage();
        memory_reset_peak_usage();

        $result = $shop->assembly->fullList()->send();

        self::assertSame(10_000, $result->services);
        self::assertSame(array_map(static fn (int $n) => (string) ($n * 3), range(1, 10_000)), $ids);
        self::assertLessThan(BridgeClient::MAXIMUM_BODY_BYTES, max($sizes));
        self::assertGreaterThan(10, count($pages));
        self::assertSame(array_map(static fn (int $page) => [$page, count($pages)], range(1, count($pages))), $pages);
        self::assertLessThan(12_000_000, memory_get_peak_usage() - $before);
    }

    public function testAPageThatFailsIsTriedAgainUnderTheSameId(): void
    {
        $transport = new ScriptedTransport(new BridgeAway('Nothing answers.'), ScriptedTransport::accepted());
        $shop = new Shop(transport: $transport);

        self::assertNull($shop->assembly->fullList()->send()->problem);
        self::assertSame(
            $transport->requests[0]->headers['webhook-id'],
            $transport->requests[1]->headers['webhook-id']
        );
    }

    public function testAListThatCannotBeToldStopsAndSaysWhy(): void
    {
        $transport = new ScriptedTransport(new BridgeAway('Nothing answers.'));
        $result = (new Shop(transport: $transport))->assembly->fullList()->send();

        self::assertSame([0, 'Nothing answers.'], [$result->acknowledgedPages, $result->problem]);
        self::assertCount(3, $transport->requests);

        $transport = new ScriptedTransport(ScriptedTransport::problem(401));
        (new Shop(transport: $transport))->assembly->fullList()->send();
        self::assertCount(1, $transport->requests);
    }

    public function testServicesOfADeletedUserAreOnNoFurtherList(): void
    {
        $transport = new ScriptedTransport();
        $shop = new Shop(transport: $transport);
        $shop->service(8);
        $shop->assembly->fullList()->send();
        $shop->database->execute('DELETE FROM services');
        $shop->assembly->fullList()->send();

        self::assertSame([1, 0], array_map(static fn (array $body) => count($body['subscriptions']), $transport->bodies()));
        self::assertNotSame($transport->bodies()[0]['generation'], $transport->bodies()[1]['generation']);
    }

    /** A list is built page by page, so that ten times the services do not take ten times the memory. */
    public function testTenThousandServicesTakeNoMoreMemoryThanAPage(): void
    {
        $file = sys_get_temp_dir() . '/paydactyl-' . bin2hex(random_bytes(6)) . '.sqlite';
        try {
            $driver = new Driver('http://127.0.0.1:9', Shop::SECRET, $file);
            $driver->fill(10_000);
            $transport = new class () implements HttpTransport {
                public int $pages = 0;
                public int $longest = 0;

                public function send(HttpRequest $request): HttpAnswer
                {
                    $this->pages++;
                    $this->longest = max($this->longest, strlen((string) $request->body));

                    return ScriptedTransport::accepted();
                }
            };
            $settings = new Settings(['bridge_url' => 'http://127.0.0.1:9', 'secret' => Shop::SECRET]);
            $zone = new \DateTimeZone('UTC');
            $assembly = new Assembly(PdoDatabase::sqlite($file), $settings, $zone, new FixedClock(), $transport);
            memory_reset_peak_usage();
            $before = memory_get_usage();

            $result = $assembly->fullList()->send();

            self::assertSame([10_000, null], [$result->services, $result->problem]);
            self::assertSame($result->pages, $transport->pages);
            self::assertLessThan(160_000, $transport->longest);
            self::assertLessThan(4_000_000, memory_get_peak_usage() - $before);
        } finally {
            @unlink($file);
        }
    }
}
