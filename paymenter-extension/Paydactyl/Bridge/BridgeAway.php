<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Bridge;

/** No answer came from the bridge; the message says why, in one sentence. */
final class BridgeAway extends \RuntimeException
{
}
