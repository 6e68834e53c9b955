<?php

declare(strict_types=1);

namespace PaydactylTests;

use PaydactylTests\Binding\MiniPaymenter;
use PaydactylTests\Support\PaymenterContract;
use PaydactylTests\Support\Shop;
use Paymenter\Extensions\Servers\Paydactyl\Events\EventRecorder;
use Paymenter\Extensions\Servers\Paydactyl\Events\PaymenterEvents;
use Paymenter\Extensions\Servers\Paydactyl\Paydactyl;
use PHPUnit\Framework\TestCase;

/**
 * That what the tests stand on has the names and shapes of a real Paymenter, as compare-with-paymenter.php finds them in its
 * source.
 */
final class PaymenterContractTest extends TestCase
{
    protected function setUp(): void
    {
        MiniPaymenter::load();
    }

    public function testEveryEventThatIsListenedToIsOnTheListAndNoOther(): void
    {
        $handlers = array_keys((new PaymenterEvents(fn (): EventRecorder => self::fail('asked'), fn () => null))->handlers());
        $own = array_values(array_filter($handlers, static fn (string $name) => str_starts_with($name, 'App\\')));

        self::assertSame(array_keys(PaymenterContract::EVENTS), $own);
        self::assertSame(
            ['eloquent.deleting: App\Models\User', 'eloquent.deleted: App\Models\User'],
            array_values(array_diff($handlers, $own))
        );
    }

    public function testTheStandInHasTheMethodsWithTheirParameters(): void
    {
        foreach (PaymenterContract::METHODS as $name => $parameters) {
            [$class, $method] = explode('::', $name);
            $reflection = new \ReflectionMethod($class, $method);
            $names = array_map(static fn (\ReflectionParameter $one) => $one->getName(), $reflection->getParameters());
            self::assertSame($parameters, $names, $name);
        }
        foreach (PaymenterContract::PARENTS as $class => $parent) {
            self::assertSame($parent, basename(str_replace('\\', '/', (string) get_parent_class($class))), $class);
        }
    }

    public function testTheExtensionTakesWhatPaymenterCallsItWith(): void
    {
        foreach (PaymenterContract::CALLED as $method => $arguments) {
            $reflection = new \ReflectionMethod(Paydactyl::class, $method);
            self::assertTrue($reflection->isPublic(), $method);
            self::assertLessThanOrEqual($arguments, $reflection->getNumberOfRequiredParameters(), $method);
            self::assertGreaterThanOrEqual($arguments, $reflection->getNumberOfParameters(), $method);
        }
    }

    public function testTheShopOfTheTestsHasTheColumns(): void
    {
        $tables = implode("\n", Shop::paymenterTables());
        foreach (array_diff_key(PaymenterContract::COLUMNS, ['audits' => 1]) as $table => $columns) {
            self::assertSame(1, preg_match("/CREATE TABLE {$table} \((.*?)\)\n?(?=CREATE|\z)/s", $tables, $match), $table);
            // Two are added by the stand-in alone.
            foreach (array_diff($columns, ['encrypted']) as $column) {
                self::assertMatchesRegularExpression("/(^|\s|\(){$column} /", $match[1], "{$table}.{$column}");
            }
        }
    }

    public function testTheDefaultsOfPaymentersOwnSettingsAreThoseThatAreToldWhereNobodyChangedThem(): void
    {
        $transport = new \PaydactylTests\Support\ScriptedTransport();
        (new Shop(transport: $transport))->assembly->fullList()->send();

        self::assertSame(
            array_values(PaymenterContract::SETTINGS),
            array_values($transport->bodies()[0]['settings'])
        );
    }
}
