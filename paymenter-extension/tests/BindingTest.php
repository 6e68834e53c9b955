<?php

declare(strict_types=1);

namespace PaydactylTests;

use App\Models\Product;
use App\Models\Service;
use App\Models\Setting;
use App\Models\User;
use Illuminate\Console\Scheduling\Schedule;
use Illuminate\Support\Facades\Cache;
use Illuminate\Support\Facades\Crypt;
use Illuminate\Support\Facades\DB;
use Illuminate\Support\Facades\Schema;
use PaydactylTests\Binding\MiniPaymenter;
use PaydactylTests\Support\Shop;
use Paymenter\Extensions\Servers\Paydactyl\Binding\FlushCommand;
use Paymenter\Extensions\Servers\Paydactyl\Binding\FlushOutbox;
use Paymenter\Extensions\Servers\Paydactyl\Binding\Listeners;
use Paymenter\Extensions\Servers\Paydactyl\Binding\Paymenter;
use Paymenter\Extensions\Servers\Paydactyl\Binding\SnapshotCommand;
use Paymenter\Extensions\Servers\Paydactyl\Binding\StatusCommand;
use Paymenter\Extensions\Servers\Paydactyl\Binding\WantedCommand;
use Paymenter\Extensions\Servers\Paydactyl\Core\Assembly;
use Paymenter\Extensions\Servers\Paydactyl\Core\Problem;
use Paymenter\Extensions\Servers\Paydactyl\Core\Settings;
use Paymenter\Extensions\Servers\Paydactyl\Outbox\Database;
use Paymenter\Extensions\Servers\Paydactyl\Outbox\Dialect;
use Paymenter\Extensions\Servers\Paydactyl\Paydactyl;
use PHPUnit\Framework\TestCase;
use Symfony\Component\Console\Input\ArrayInput;
use Symfony\Component\Console\Output\BufferedOutput;

/**
 * The thin part, on a real Laravel: that events are heard inside their transactions and that nothing of ours reaches
 * Paymenter.
 */
final class BindingTest extends TestCase
{
    private MiniPaymenter $paymenter;
    private string $folder;
    private int $reporting;

    protected function setUp(): void
    {
        if (!MiniPaymenter::isPossible()) {
            self::markTestSkipped('Debian\'s php-laravel-framework is not installed; script/test-extension installs it.');
        }
        // Debian's Laravel is older than its PHP.
        $this->reporting = error_reporting(E_ALL & ~E_DEPRECATED);
        $this->folder = sys_get_temp_dir() . '/paydactyl-' . bin2hex(random_bytes(6));
        $this->paymenter = new MiniPaymenter($this->folder);
        $this->paymenter->createServer(['bridge_url' => 'http://127.0.0.1:1', 'secret' => Shop::SECRET]);
        Paymenter::createTables();
        $this->extension()->boot();
    }

    protected function tearDown(): void
    {
        if (isset($this->folder)) {
            unlink("{$this->folder}/extensions/Servers/Paydactyl");
            rmdir("{$this->folder}/extensions/Servers");
            rmdir("{$this->folder}/extensions");
            rmdir($this->folder);
            error_reporting($this->reporting);
        }
    }

    public function testAChangeIsWrittenInItsTransactionAndQueuedAfterIt(): void
    {
        DB::transaction(function (): void {
            $this->service();
            self::assertSame(['subscription.created'], array_column($this->paymenter->told(), 'event'));
            self::assertSame([], $this->paymenter->jobs->jobs);
        });

        self::assertCount(1, $this->paymenter->jobs->jobs);
        self::assertInstanceOf(FlushOutbox::class, $this->paymenter->jobs->jobs[0]);
    }

    public function testWhatIsRolledBackIsNeitherWrittenNorQueued(): void
    {
        try {
            DB::transaction(function (): void {
                $this->service();
                throw new \RuntimeException("another extension's listener");
            });
        } catch (\RuntimeException) {
        }

        self::assertSame([[], []], [$this->paymenter->told(), $this->paymenter->jobs->jobs]);
    }

    public function testTheRawColumnIsToldThoughTheModelCastsIt(): void
    {
        $this->service(['expires_at' => '2026-12-23 10:40:29']);
        $service = Service::query()->first();
        $service->quantity = 2;
        $service->save();

        self::assertSame(['2026-12-23T10:40:29Z', 2], [
            $this->paymenter->told()[1]['paid_through'], $this->paymenter->told()[1]['quantity'],
        ]);
    }

    public function testAStatusThatChangesIsHeardWithWhatItWas(): void
    {
        $service = $this->service(['expires_at' => '2020-01-01 00:00:00']);
        $service->update(['status' => 'suspended']);
        $service->update(['status' => 'cancelled']);
        $service->delete();

        self::assertSame(
            ['subscription.created', 'subscription.suspended', 'subscription.terminated', 'subscription.terminated'],
            array_column($this->paymenter->told(), 'event')
        );
        self::assertSame([null, 'overdue', 'overdue', 'deleted'], array_column($this->paymenter->told(), 'reason'));
    }

    public function testANightOfPaymentersIsNotUndoneByAFailureOfOurs(): void
    {
        $service = $this->service();
        Schema::drop('ext_paydactyl_outbox');

        DB::transaction(fn () => $service->update(['status' => 'suspended']));

        self::assertSame('suspended', DB::table('services')->value('status'));
        self::assertStringContainsString('could not be written down', implode("\n", $this->paymenter->log->lines));
    }

    /** @dataProvider events */
    public function testWhateverAnEventBringsNothingOfOursReachesPaymenter(string $event, ?string $property): void
    {
        $model = new Service();
        $model->forceFill(['id' => 7, 'invoice_id' => 7, 'service_id' => 7, 'model_id' => 3, 'status' => 'failed', 'email' => 'x',
            'model_type' => 'App\Models\User', 'user_id' => 3, 'product_id' => 1]);
        $this->paymenter->auth->id = 3;
        $this->service();
        $usual = $property === null ? new \stdClass() : (object) [$property => $model];
        DB::transaction(fn () => DB::connection()->getEventDispatcher()->dispatch($event, [$usual]));
        $this->paymenter->log->lines = [];

        // Of another shape than ours expects, and then without the tables that it needs.
        DB::transaction(fn () => DB::connection()->getEventDispatcher()->dispatch($event, [new \stdClass()]));
        Schema::drop('ext_paydactyl_subjects');
        Schema::drop('services');
        DB::transaction(fn () => DB::connection()->getEventDispatcher()->dispatch($event, [$usual]));

        $failures = array_filter(
            $this->paymenter->log->lines,
            static fn (string $line) => $line === "error: Paydactyl: {$event} could not be written down; the next full list tells it."
        );
        self::assertGreaterThanOrEqual(1, count($failures), implode("\n", $this->paymenter->log->lines));
    }

    /** @return array<string, array{string, ?string}> */
    public static function events(): array
    {
        $events = \PaydactylTests\Support\PaymenterContract::EVENTS;

        return array_combine(
            array_keys($events),
            array_map(static fn (string $name, ?string $property) => [$name, $property], array_keys($events), $events)
        );
    }

    /** After a dead-lock the database has undone Paymenter's whole transaction; silence would let it go on as if it had not. */
    public function testOnlyATransactionThatIsLostAnywayIsNotKeptSilent(): void
    {
        $database = new class () implements Database {
            public function dialect(): Dialect
            {
                return Dialect::Standard;
            }

            public function transaction(callable $work): mixed
            {
                return $work();
            }

            public function select(string $sql, array $values = []): array
            {
                $failure = new \PDOException('SQLSTATE[40001]: Serialization failure: 1213 Deadlock found');
                $failure->errorInfo = ['40001', 1213, 'Deadlock found'];
                throw new \RuntimeException('as Laravel wraps it', 0, $failure);
            }

            public function execute(string $sql, array $values = []): int
            {
                return 0;
            }
        };
        (new Listeners(static fn () => new Assembly($database, new Settings([]), new \DateTimeZone('UTC'))))->register();

        $this->service();
        self::assertStringContainsString('could not be written down', implode("\n", $this->paymenter->log->lines));

        $this->expectExceptionMessage('as Laravel wraps it');
        DB::transaction(fn () => $this->service());
    }

    public function testAQueueThatIsAwayDisturbsNoPayment(): void
    {
        $this->paymenter->jobs->isAway = true;

        DB::transaction(fn () => $this->service());

        self::assertCount(1, $this->paymenter->told());
        self::assertStringContainsString('could not be queued', implode("\n", $this->paymenter->log->lines));
    }

    public function testADeletedUserIsHeardThroughEloquent(): void
    {
        $this->service();
        User::query()->find(3)->delete();

        self::assertSame('customer.deleted', $this->paymenter->told()[1]['event']);
    }

    public function testANewAddressIsHeardAndOtherColumnsAreNot(): void
    {
        $this->service();
        $user = User::query()->find(3);
        $user->update(['email' => 'new@example.test']);
        $user->touch();

        self::assertSame(['subscription.created', 'customer.updated'], array_column($this->paymenter->told(), 'event'));
        self::assertSame('new@example.test', $this->paymenter->told()[1]['customer_email']);
    }

    public function testCustomersWhoEditTheirOwnAccountAreHeard(): void
    {
        $this->service();
        DB::table('properties')->insert([
            'key' => 'minecraft_username', 'value' => 'New_Name', 'model_id' => 3, 'model_type' => 'App\Models\User',
        ]);
        $this->paymenter->auth->id = 3;
        event(new \App\Events\Properties\Updated());

        self::assertSame('New_Name', $this->paymenter->told()[1]['properties']['minecraft_username']);
    }

    public function testSecretsOfAFirstCreationAreEncryptedAndTakenOutOfTheAuditLog(): void
    {
        $row = DB::table('settings')->where('key', 'secret')->first();
        self::assertSame([0, Shop::SECRET], [(int) $row->encrypted, $row->value]);

        Paymenter::protectSecrets();
        Paymenter::protectSecrets();

        $row = DB::table('settings')->where('key', 'secret')->first();
        self::assertSame(1, (int) $row->encrypted);
        self::assertSame(Shop::SECRET, Crypt::decryptString($row->value));
        self::assertStringNotContainsString(Shop::SECRET, DB::table('audits')->get()->toJson());
        self::assertStringContainsString('127.0.0.1', DB::table('audits')->get()->toJson());
        self::assertSame(Shop::SECRET, Setting::query()->where('key', 'secret')->first()->value);
        self::assertNotNull(Paymenter::storedAssembly()?->bridge());
    }

    /** Seen with a real Paymenter whose audit log failed in the middle: what is not done then, nobody does later. */
    public function testASecretIsOutOfTheAuditLogThoughItCannotBeSaved(): void
    {
        Setting::saving(static function (): void {
            throw new \RuntimeException('the audit log is not writable');
        });
        Schema::drop('ext_paydactyl_state');

        $this->extension()->enabled(\App\Models\Server::query()->first());

        self::assertStringNotContainsString(Shop::SECRET, DB::table('audits')->get()->toJson());
        $failures = array_filter(
            $this->paymenter->log->lines,
            static fn (string $line) => str_contains($line, 'could not set itself up')
        );
        self::assertCount(2, $failures, 'of the secret and of the pause');
        self::assertCount(1, $this->paymenter->jobs->jobs, 'what does not depend on them is done all the same');
    }

    public function testASecretThatCannotBeDecryptedAnyMoreIsNamed(): void
    {
        Paymenter::protectSecrets();
        DB::table('settings')->where('key', 'secret')->update(['value' => 'of another APP_KEY']);

        $this->expectException(Problem::class);
        $this->expectExceptionMessage('APP_KEY');
        Paymenter::storedAssembly()?->bridge();
    }

    public function testTheDeliveryJobNeverFails(): void
    {
        $this->service();
        (new FlushOutbox())->handle();
        self::assertSame(1, DB::table('ext_paydactyl_outbox')->count());

        DB::table('settings')->where('key', 'secret')->update(['value' => null]);
        (new FlushOutbox())->handle();
        self::assertStringContainsString('could not be delivered', implode("\n", $this->paymenter->log->lines));

        $this->assertInstanceOf(FlushOutbox::class, unserialize(serialize(new FlushOutbox())));
    }

    public function testALifecycleCallOutlivesABridgeThatIsAway(): void
    {
        $service = $this->service();

        $variables = $this->extension()->createServer($service, [], []);

        self::assertSame([], $variables);
        self::assertStringContainsString('refuses the connection', implode("\n", $this->paymenter->log->lines));
    }

    /** What Paymenter shows of a failed job is the message alone. */
    /** Paymenter's only worker waits for the call, and a person's page for the other. */
    public function testABridgeThatTakesTheConnectionAndSaysNothingHoldsNobodyUpForLong(): void
    {
        $silent = stream_socket_server('tcp://127.0.0.1:0');
        $settings = ['bridge_url' => 'http://' . stream_socket_get_name($silent, false), 'request_timeout' => '30'];
        $service = $this->service();

        $start = microtime(true);
        $this->extension($settings)->createServer($service, [], []);
        self::assertGreaterThan(4, microtime(true) - $start);
        self::assertLessThan(5.5, microtime(true) - $start);

        DB::table('ext_paydactyl_outbox')->delete();
        $start = microtime(true);
        self::assertSame([], $this->extension($settings)->getActions($service, [], []));
        self::assertLessThan(2, microtime(true) - $start);
        for ($i = 0; $i < 5; $i++) {
            self::assertSame('', $this->extension($settings)->getView($service, [], [], 'access'));
            self::assertSame('tier', $this->extension($settings)->getProductConfig([])[0]['name']);
        }
        self::assertLessThan(2.5, microtime(true) - $start);
    }

    public function testInsideATransactionACallSendsNothingAndIsDeliveredAfterIt(): void
    {
        $service = $this->service();
        $this->paymenter->jobs->jobs = [];
        $this->paymenter->log->lines = [];

        DB::transaction(function () use ($service): void {
            $this->extension()->createServer($service, [], []);
            self::assertSame([], $this->paymenter->jobs->jobs);
        });

        self::assertCount(1, $this->paymenter->jobs->jobs);
        $log = implode("\n", $this->paymenter->log->lines);
        self::assertStringContainsString('It is delivered once the transaction is over.', $log);
        self::assertStringNotContainsString('refuses the connection', $log);
    }

    /** An Error of boot() would take down every page and command of Paymenter's (facts/paymenter.md §0.9). */
    public function testAnErrorAtTheStartTakesNothingDown(): void
    {
        \Illuminate\Support\Facades\Event::swap(new \stdClass());

        $this->extension()->boot();

        self::assertStringContainsString('could not be started', implode("\n", $this->paymenter->log->lines));
    }

    public function testALifecycleCallThatCannotBeWrittenDownSaysSoInOneSentence(): void
    {
        $service = $this->service();
        Schema::drop('ext_paydactyl_subjects');

        $this->expectException(Problem::class);
        $this->expectExceptionMessage(
            "Paymenter's own database did not take what is to be told of service {$service->id} (its log has the cause): run"
            . ' `php artisan paydactyl:status`; the next hourly list tells it in any case.'
        );
        $this->extension()->suspendServer($service, [], []);
    }

    public function testAnUninstallThatFailsDisturbsNobody(): void
    {
        // Paymenter reads the migration once in a process, and here it was read when the tables were made.
        $this->extension()->uninstalled();

        self::assertStringContainsString('could not be removed', implode("\n", $this->paymenter->log->lines));
    }

    public function testItsCommandsSayHowItStands(): void
    {
        $this->service();
        [$code, $output] = $this->artisan(new FlushCommand());
        self::assertSame(1, $code);
        self::assertStringContainsString("0 delivered, 1 left.\nNothing answers at the bridge URL", $output);

        [$code, $output] = $this->artisan(new StatusCommand(), ['--json' => true]);
        self::assertSame(1, $code);
        self::assertSame(1, json_decode($output, true, 16, JSON_THROW_ON_ERROR)['waiting']);

        [$code, $output] = $this->artisan(new SnapshotCommand());
        self::assertSame(1, $code);
        self::assertStringContainsString('0 of 1 pages were taken.', $output);

        // What the scheduler runs, nobody reads; so it is said where people look.
        [, $output] = $this->artisan(new StatusCommand());
        self::assertStringContainsString('The full list was not taken: 0 of 1 pages were taken. Nothing answers', $output);
    }

    public function testWhatTheBridgeWantsIsAskedForOnlyWhileItAnswers(): void
    {
        [$code, $output] = $this->artisan(new WantedCommand());
        self::assertSame(1, $code);
        self::assertStringContainsString('refuses the connection', $output);

        $assembly = Paymenter::storedAssembly();
        $assembly?->gate()->close('The bridge is away.', false, $assembly->clock->now());
        [$code, $output] = $this->artisan(new WantedCommand());
        self::assertSame(0, $code);
        self::assertStringContainsString('left alone for a moment: The bridge is away.', $output);
    }

    public function testTheMinuteCronSweepsAndTheHourlyOneLists(): void
    {
        $schedule = $this->paymenter->app->make(Schedule::class);
        $planned = [];
        foreach ($schedule->events() as $event) {
            preg_match('/paydactyl:\w+/', (string) $event->command, $match);
            $planned[$match[0]] = [$event->expression, $event->withoutOverlapping, $event->runInBackground];
        }

        self::assertSame([
            'paydactyl:flush' => ['* * * * *', true, true],
            'paydactyl:snapshot' => ['7 * * * *', true, true],
            'paydactyl:wanted' => ['*/5 * * * *', true, true],
        ], $planned);
    }

    public function testItsCommandsAreThereWhenTheConsoleStarts(): void
    {
        $artisan = new \Illuminate\Console\Application($this->paymenter->app, $this->paymenter->app->make('events'), '1.5');

        foreach (['flush', 'snapshot', 'status', 'wanted'] as $name) {
            self::assertTrue($artisan->has("paydactyl:{$name}"), $name);
        }
    }

    public function testADeletedServerIsNoneThoughItsRowIsKept(): void
    {
        $this->service();
        \App\Models\Server::query()->first()->delete();

        self::assertNull(Paymenter::storedAssembly());
        $this->service();
        self::assertCount(1, $this->paymenter->told(), 'its products are nobody\'s');
        [$code, $output] = $this->artisan(new FlushCommand());
        self::assertSame([0, "No server of the extension Paydactyl is set up.\n"], [$code, $output]);
        self::assertSame(1, DB::table('ext_paydactyl_outbox')->count(), 'what is still to be told is kept');
    }

    public function testTablesAreMadeOnceAndSavingTheServerAgainLosesNothing(): void
    {
        $this->service();
        Paymenter::createTables();
        $this->extension()->enabled(\App\Models\Server::query()->first());
        self::assertSame(1, DB::table('ext_paydactyl_outbox')->count());
    }

    public function testACustomersPageIsAbsentWhileTheBridgeIsAwayAndNobodyWaitsTwice(): void
    {
        $service = $this->service();
        $extension = $this->extension();

        self::assertSame(['text'], array_column($extension->getActions($service, [], []), 'type'));
        DB::table('ext_paydactyl_outbox')->delete();
        self::assertSame([], $extension->getActions($service, [], []));
        self::assertSame('', $extension->getView($service, [], [], 'access'));
        self::assertTrue(Cache::get('paydactyl.away'));
    }

    public function testACustomersPageIsMadeOfWhatTheBridgeSaidLately(): void
    {
        $service = $this->service();
        DB::table('ext_paydactyl_outbox')->delete();
        $account = ['username' => 'ada_x7', 'email' => 'ada@example.test', 'address' => 'https://panel.example.com'];
        Cache::put('paydactyl.access.3', ['customer_id' => '3', 'state' => 'underway', 'accounts' => [$account]], 60);
        $extension = $this->extension();

        $actions = $extension->getActions($service, [], []);
        self::assertSame(['view', 'button'], array_column($actions, 'type'));
        self::assertSame('https://panel.example.com', $actions[1]['url']);
        self::assertStringContainsString('is being set up', $extension->getView($service, [], [], 'access'));

        Cache::put('paydactyl.access.3', ['customer_id' => '4', 'state' => 'ready'], 60);
        self::assertSame([], $extension->getActions($service, [], []));
    }

    public function testTheCheckoutAsksForTheEditionThatWasChosenAndOnlyWhereTheProductWantsIt(): void
    {
        $extension = $this->extension();
        $fields = $extension->getCheckoutConfig(new Product(), ['minecraft_edition' => 'bedrock'], []);

        self::assertStringContainsString('A-Za-z0-9_ ', $fields[1]['validation'][0]);
        self::assertSame([], $extension->getCheckoutConfig(new Product(), [], ['asks_player' => 'no']));

        $product = new Product(['slug' => 'fire-elemental']);
        self::assertCount(2, $extension->getCheckoutConfig($product, [], []));
        $tier = ['id' => 'elemental', 'products' => ['fire-elemental'], 'needs_player' => false];
        Cache::put('paydactyl.tiers.last', [$tier], 60);
        self::assertSame([], $extension->getCheckoutConfig($product, [], []));
        self::assertCount(2, $extension->getCheckoutConfig($product, [], ['asks_player' => 'yes']));
        self::assertNull(Cache::get('paydactyl.away'), 'the network was asked');
    }

    public function testTheProductFormWorksWithoutTheBridge(): void
    {
        self::assertSame(['tier', 'asks_player'], array_column($this->extension()->getProductConfig([]), 'name'));
        $tier = ['id' => 'awakened', 'products' => [], 'needs_player' => false];
        Cache::put('paydactyl.tiers.last', [$tier], 60);
        $fields = $this->extension()->getProductConfig([]);
        self::assertSame(['awakened' => 'awakened'], $fields[0]['options']);
    }

    public function testTheConnectionTestSaysWhatIsWrong(): void
    {
        self::assertStringContainsString('refuses the connection', (string) $this->extension()->testConfig());
        self::assertStringContainsString('The webhook secret is empty', (string) $this->extension(['secret' => ''])->testConfig());
    }

    public function testWhatPaymentersUploaderLooksForIsThere(): void
    {
        $file = dirname(__DIR__) . '/Paydactyl/Paydactyl.php';

        // It includes one file after the other, and an interface that is loaded already would be declared twice.
        self::assertSame([$file], glob(dirname($file) . '/*.php'));
        $line = '/^\s*class\s+([A-Za-z_][A-Za-z0-9_]*)\s*(?:extends|implements|\{)/m';
        self::assertSame(1, preg_match($line, (string) file_get_contents($file)));
        $meta = (new \ReflectionClass(Paydactyl::class))->getAttributes(\App\Attributes\ExtensionMeta::class)[0]->newInstance();
        self::assertSame('Paydactyl', $meta->name);
    }

    /** @param array<string, ?string> $settings */
    private function extension(array $settings = []): Paydactyl
    {
        return new Paydactyl($settings + ['bridge_url' => 'http://127.0.0.1:1', 'secret' => Shop::SECRET]);
    }

    /** @param array<string, mixed> $columns */
    private function service(array $columns = []): Service
    {
        return Service::create($columns + ['status' => 'active', 'user_id' => 3, 'product_id' => 1, 'quantity' => 1]);
    }

    /**
     * @param array<string, mixed> $options
     * @return array{int, string}
     */
    private function artisan(\Illuminate\Console\Command $command, array $options = []): array
    {
        $command->setLaravel($this->paymenter->app);
        $output = new BufferedOutput();
        $code = $command->run(new ArrayInput($options), $output);

        return [$code, $output->fetch()];
    }
}
