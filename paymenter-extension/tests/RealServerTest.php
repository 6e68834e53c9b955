<?php

declare(strict_types=1);

namespace PaydactylTests;

use PaydactylTests\Support\FixedClock;
use PaydactylTests\Support\Shop;
use Paymenter\Extensions\Servers\Paydactyl\Bridge\CurlTransport;
use PHPUnit\Framework\TestCase;

/** Over a real connection, with PHP's built-in server in the place of the bridge. */
final class RealServerTest extends TestCase
{
    private string $folder;
    private int $port;
    /** @var resource|null */
    private $server = null;

    protected function setUp(): void
    {
        $this->folder = sys_get_temp_dir() . '/paydactyl-' . bin2hex(random_bytes(6));
        mkdir($this->folder);
        $socket = stream_socket_server('tcp://127.0.0.1:0');
        $this->port = (int) substr(strrchr((string) stream_socket_get_name($socket, false), ':'), 1);
        fclose($socket);
        $this->start();
    }

    protected function tearDown(): void
    {
        $this->stop();
        array_map('unlink', glob("{$this->folder}/*") ?: []);
        rmdir($this->folder);
    }

    public function testABridgeThatIsThereTakesEverything(): void
    {
        $shop = $this->shop();

        self::assertSame(3, $shop->assembly->courier()->run(10_000)->delivered);
        self::assertSame(['1', '2', '3'], $this->accepted());
    }

    public function testNothingIsLostWhileTheBridgeIsDead(): void
    {
        $shop = $this->shop();
        $this->stop();
        $run = $shop->assembly->courier()->run(10_000);
        self::assertStringContainsString('refuses the connection', (string) $run->problem);

        $this->start();
        $shop->clock->passSeconds(6);

        self::assertSame(3, $shop->assembly->courier()->run(10_000)->delivered);
        self::assertSame(['1', '2', '3'], $this->sorted());
    }

    public function testABridgeThatCannotWriteIsTriedAgain(): void
    {
        $shop = $this->shop();
        $this->mode('503');
        self::assertStringContainsString('The ledger is not writable.', (string) $shop->assembly->courier()->run(10_000)->problem);
        self::assertSame(3, $shop->assembly->outbox()->count());

        $this->mode('202');
        $shop->clock->passSeconds(6);
        $shop->assembly->courier()->run(10_000);

        self::assertSame(['1', '2', '3'], $this->sorted());
    }

    public function testAnAnswerThatComesTooLateDoesNotDoubleAnything(): void
    {
        $shop = $this->shop(['request_timeout' => '1']);
        $this->mode('slow');
        $start = microtime(true);
        $run = $shop->assembly->courier()->run(10_000);
        self::assertLessThan(2.5, microtime(true) - $start);
        self::assertStringContainsString('did not answer within 1000 ms', (string) $run->problem);

        // The built-in server takes one request after another.
        $this->stop();
        $this->start();
        $this->mode('202');
        $shop->clock->passSeconds(6);
        $shop->assembly->courier()->run(10_000);

        self::assertSame(0, $shop->assembly->outbox()->count());
        self::assertSame(['1', '2', '3'], $this->sorted());
    }

    public function testAWrongSecretIsToldAndBothSecretsOfARotationWork(): void
    {
        $other = 'whsec_' . base64_encode(str_repeat('k', 32));
        $shop = $this->shop(['secret' => $other]);
        $run = $shop->assembly->courier()->run(10_000);
        self::assertTrue($run->needsPerson);
        self::assertStringContainsString('The bridge says: The signature is wrong.', (string) $run->problem);
        self::assertSame([], $this->accepted());

        $rotating = $this->shop(['secret' => $other, 'previous_secret' => Shop::SECRET]);
        self::assertSame(3, $rotating->assembly->courier()->run(10_000)->delivered);
    }

    public function testSeveralProcessesDeliverEverythingOnce(): void
    {
        $outbox = "{$this->folder}/outbox.sqlite";
        $driver = __DIR__ . '/deliver.php';
        $command = [
            PHP_BINARY, $driver, '--url', "http://127.0.0.1:{$this->port}", '--secret', Shop::SECRET, '--outbox', $outbox,
        ];
        [$code, $output] = $this->finish([...$command, '--enqueue', '60', '--services', '7', '--seconds', '0']);
        self::assertSame([1, 60], [$code, json_decode($output, true, 16, JSON_THROW_ON_ERROR)['left']]);
        $workers = array_map(fn () => $this->begin([...$command, '--seconds', '20']), range(1, 3));
        foreach ($workers as $worker) {
            self::assertSame(0, $this->end($worker)[0]);
        }

        $ids = array_column($this->lines(), 'id');
        self::assertCount(60, $ids);
        self::assertSame($ids, array_unique($ids));
    }

    public function testTheDriverSaysWhatIsLeftWhenTheBridgeIsDead(): void
    {
        $this->stop();
        [$code, $output] = $this->finish([
            PHP_BINARY, __DIR__ . '/deliver.php', '--url', "http://127.0.0.1:{$this->port}", '--secret', Shop::SECRET,
            '--outbox', "{$this->folder}/outbox.sqlite", '--enqueue', '5', '--seconds', '1',
        ]);

        self::assertSame(1, $code);
        $said = json_decode($output, true, 16, JSON_THROW_ON_ERROR);
        self::assertSame([5, 0, 5], [$said['enqueued'], $said['delivered'], $said['left']]);
        self::assertStringContainsString('refuses the connection', $said['problem']);
    }

    /** @param array<string, mixed> $settings */
    private function shop(array $settings = []): Shop
    {
        $clock = new FixedClock(intdiv((int) (microtime(true) * 1000), 1000) * 1000);
        $settings += ['bridge_url' => "http://127.0.0.1:{$this->port}"];
        $shop = new Shop($clock, new CurlTransport(), settings: $settings);
        $recorder = $shop->assembly->recorder();
        foreach ([1, 2, 3] as $id) {
            $shop->service($id);
            $clock->now++;
            $recorder->serviceCreated($id);
        }

        return $shop;
    }

    private function start(): void
    {
        $this->server = proc_open(
            [PHP_BINARY, '-S', "127.0.0.1:{$this->port}", __DIR__ . '/Support/stand-in-bridge.php'],
            [['file', '/dev/null', 'r'], ['file', '/dev/null', 'w'], ['file', '/dev/null', 'w']],
            $pipes,
            null,
            ['STAND_IN' => $this->folder, 'STAND_IN_SECRET' => Shop::SECRET]
        );
        for ($i = 0; $i < 100; $i++) {
            $socket = @stream_socket_client("tcp://127.0.0.1:{$this->port}", timeout: 0.1);
            if ($socket !== false) {
                fclose($socket);

                return;
            }
            usleep(50_000);
        }
        self::fail("PHP's built-in server did not start.");
    }

    private function stop(): void
    {
        if ($this->server !== null) {
            proc_terminate($this->server, 9);
            proc_close($this->server);
            $this->server = null;
        }
    }

    private function mode(string $mode): void
    {
        file_put_contents("{$this->folder}/mode", $mode);
    }

    /** @return list<array{id: string, body: array<string, mixed>}> */
    private function lines(): array
    {
        $lines = @file("{$this->folder}/accepted", FILE_IGNORE_NEW_LINES) ?: [];

        return array_map(static fn (string $line) => json_decode($line, true, 64, JSON_THROW_ON_ERROR), $lines);
    }

    /** @return list<string> */
    private function accepted(): array
    {
        return array_map(static fn (array $line) => $line['body']['subscription_id'], $this->lines());
    }

    /** @return list<string> */
    private function sorted(): array
    {
        $ids = $this->accepted();
        sort($ids);

        return $ids;
    }

    /**
     * @param list<string> $command
     * @return array{resource, resource}
     */
    private function begin(array $command): array
    {
        $process = proc_open($command, [['file', '/dev/null', 'r'], ['pipe', 'w'], STDERR], $pipes);
        self::assertIsResource($process);

        return [$process, $pipes[1]];
    }

    /**
     * @param array{resource, resource} $running
     * @return array{int, string}
     */
    private function end(array $running): array
    {
        $output = (string) stream_get_contents($running[1]);

        return [proc_close($running[0]), $output];
    }

    /**
     * @param list<string> $command
     * @return array{int, string}
     */
    private function finish(array $command): array
    {
        return $this->end($this->begin($command));
    }
}
