<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Core;

use Paymenter\Extensions\Servers\Paydactyl\Bridge\BridgeClient;
use Paymenter\Extensions\Servers\Paydactyl\Bridge\CurlTransport;
use Paymenter\Extensions\Servers\Paydactyl\Bridge\HttpTransport;
use Paymenter\Extensions\Servers\Paydactyl\Events\EventRecorder;
use Paymenter\Extensions\Servers\Paydactyl\FullList\FullListSender;
use Paymenter\Extensions\Servers\Paydactyl\Outbox\Courier;
use Paymenter\Extensions\Servers\Paydactyl\Outbox\Database;
use Paymenter\Extensions\Servers\Paydactyl\Outbox\Gate;
use Paymenter\Extensions\Servers\Paydactyl\Outbox\Memory;
use Paymenter\Extensions\Servers\Paydactyl\Outbox\Outbox;
use Paymenter\Extensions\Servers\Paydactyl\Outbox\Subjects;
use Paymenter\Extensions\Servers\Paydactyl\Services\PaymenterTables;

/** Puts the parts together; the only place that knows them all. */
final class Assembly
{
    public const VERSION = '0.1.0';

    public function __construct(
        public readonly Database $database,
        public readonly Settings $settings,
        private readonly \DateTimeZone $zone,
        public readonly Clock $clock = new SystemClock(),
        private readonly HttpTransport $transport = new CurlTransport(),
    ) {
    }

    public function recorder(): EventRecorder
    {
        return new EventRecorder($this->database, $this->tables(), $this->subjects(), $this->outbox(), $this->clock);
    }

    public function outbox(): Outbox
    {
        return new Outbox($this->database);
    }

    public function gate(): Gate
    {
        return new Gate($this->memory());
    }

    public function memory(): Memory
    {
        return new Memory($this->database);
    }

    /** @throws Problem when address or secret cannot be used */
    public function bridge(): BridgeClient
    {
        return new BridgeClient(
            $this->settings->bridgeUrl(),
            $this->settings->signer(),
            $this->transport,
            $this->clock,
            $this->settings->connectMilliseconds(),
            $this->settings->requestMilliseconds(),
            self::VERSION,
        );
    }

    /** @throws Problem when address or secret cannot be used */
    public function courier(): Courier
    {
        return new Courier($this->outbox(), $this->gate(), $this->bridge(), $this->clock);
    }

    /** @throws Problem when address or secret cannot be used */
    public function fullList(): FullListSender
    {
        return new FullListSender($this->tables(), $this->subjects(), $this->bridge(), $this->clock);
    }

    /** @throws Problem when address or secret cannot be used */
    public function wanted(): Wanted
    {
        return new Wanted($this->bridge(), $this->recorder(), $this->memory());
    }

    private function tables(): PaymenterTables
    {
        return new PaymenterTables($this->database, $this->zone, $this->settings->playerProperty());
    }

    private function subjects(): Subjects
    {
        return new Subjects($this->database);
    }
}
