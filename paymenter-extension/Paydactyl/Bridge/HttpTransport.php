<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Bridge;

/** Sends one request and waits for its answer. */
interface HttpTransport
{
    /** @throws BridgeAway when no answer came */
    public function send(HttpRequest $request): HttpAnswer;
}
