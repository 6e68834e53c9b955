<?php

declare(strict_types=1);

namespace PaydactylTests\Binding;

use App\Models\Server;
use Illuminate\Config\Repository;
use Illuminate\Container\Container;
use Illuminate\Contracts\Bus\Dispatcher;
use Illuminate\Filesystem\Filesystem;
use Illuminate\Foundation\Application;
use Illuminate\Support\Composer;
use Illuminate\Support\Facades\DB;
use Illuminate\Support\Facades\Facade;
use PaydactylTests\Support\Shop;

/**
 * As much of Paymenter as our binding touches, on a real Laravel: its container, database, events, cache, encryption
 * and scheduler.
 *
 * Laravel is Debian's package php-laravel-framework, or whatever the file LARAVEL_AUTOLOAD loads, such as a
 * vendor/autoload.php with the version that a Paymenter runs on.
 */
final class MiniPaymenter
{
    private const DEBIAN = '/usr/share/php/Illuminate/autoload.php';

    public readonly Application $app;
    public readonly CollectedJobs $jobs;
    public readonly CollectedLog $log;
    public readonly SignedIn $auth;

    public static function isPossible(): bool
    {
        return is_file(self::autoload());
    }

    private static function autoload(): string
    {
        return getenv('LARAVEL_AUTOLOAD') ?: self::DEBIAN;
    }

    public function __construct(public readonly string $folder)
    {
        self::load();
        mkdir("{$folder}/extensions/Servers", recursive: true);
        symlink(dirname(__DIR__, 2) . '/Paydactyl', "{$folder}/extensions/Servers/Paydactyl");
        $this->app = new Application($folder);
        $this->jobs = new CollectedJobs();
        $this->log = new CollectedLog();
        $this->auth = new SignedIn();
        Container::setInstance($this->app);
        Facade::clearResolvedInstances();
        Facade::setFacadeApplication($this->app);
        $this->app->instance('env', 'testing');
        $this->app->instance('config', new Repository([
            'app' => ['key' => 'base64:' . base64_encode(str_repeat('k', 32)), 'cipher' => 'AES-256-CBC', 'timezone' => 'UTC'],
            'cache' => ['default' => 'array', 'stores' => ['array' => ['driver' => 'array', 'serialize' => true]], 'prefix' => 'test'],
            'database' => [
                'default' => 'sqlite',
                'connections' => ['sqlite' => ['driver' => 'sqlite', 'database' => ':memory:', 'prefix' => '']],
                'migrations' => 'migrations',
            ],
        ]));
        foreach (
            ['Cache\CacheServiceProvider', 'Database\DatabaseServiceProvider', 'Database\MigrationServiceProvider',
            'Encryption\EncryptionServiceProvider', 'Filesystem\FilesystemServiceProvider'] as $provider
        ) {
            $this->app->register("Illuminate\\{$provider}");
        }
        $this->app->alias('migrator', \Illuminate\Database\Migrations\Migrator::class);
        $this->app->singleton('composer', static fn () => new Composer(new Filesystem(), $folder));
        $this->app->instance(Dispatcher::class, $this->jobs);
        $this->app->instance('log', $this->log);
        $this->app->instance(\Psr\Log\LoggerInterface::class, $this->log);
        $this->app->instance('auth', $this->auth);
        \Illuminate\Database\Eloquent\Model::unguard();
        \Illuminate\Database\Eloquent\Model::setEventDispatcher($this->app->make('events'));
        \Illuminate\Database\Eloquent\Model::clearBootedModels();
        $this->app->boot();
        $this->app->make('migration.repository')->createRepository();
        $this->createTables();
    }

    /** @param array<string, ?string> $settings */
    public function createServer(array $settings): Server
    {
        $server = Server::create(['name' => 'Paydactyl', 'extension' => 'Paydactyl', 'type' => 'server']);
        foreach ($settings as $key => $value) {
            // As Paymenter's form does it: without the flag (facts/paymenter.md §0.10).
            $server->settings()->create(['key' => $key, 'value' => $value]);
        }

        return $server;
    }

    /** What the outbox holds, in order. */
    public function told(): array
    {
        return array_map(
            static fn (object $row) => json_decode($row->body, true, 64, JSON_THROW_ON_ERROR),
            DB::select('SELECT body FROM ext_paydactyl_outbox ORDER BY revision')
        );
    }

    public static function load(): void
    {
        static $isLoaded = false;
        if ($isLoaded) {
            return;
        }
        $isLoaded = true;
        require_once self::autoload();
        require_once __DIR__ . '/paymenter-stubs.php';
    }

    private function createTables(): void
    {
        foreach (Shop::paymenterTables() as $statement) {
            DB::statement($statement);
        }
        foreach (['created_at', 'updated_at'] as $column) {
            foreach (['extensions', 'products', 'users', 'properties', 'service_cancellations', 'settings', 'invoices'] as $table) {
                DB::statement("ALTER TABLE {$table} ADD COLUMN {$column} TEXT");
            }
        }
        foreach (["type TEXT NOT NULL DEFAULT 'string'", 'encrypted INTEGER NOT NULL DEFAULT 0'] as $column) {
            DB::statement("ALTER TABLE settings ADD COLUMN {$column}");
        }
        DB::statement('CREATE TABLE audits (id INTEGER PRIMARY KEY, auditable_id INTEGER, auditable_type TEXT, old_values TEXT,
            new_values TEXT)');
        DB::table('products')->insert(['id' => 1, 'name' => 'Fire Elemental', 'slug' => 'fire-elemental', 'server_id' => 1]);
        DB::table('users')->insert(['id' => 3, 'first_name' => 'Ada', 'last_name' => 'Lovelace', 'email' => 'ada@example.test']);
    }
}
