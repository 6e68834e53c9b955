<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Bridge;

enum OutcomeKind
{
    /** It is safe with the bridge, now or since an earlier attempt. */
    case Acknowledged;
    /** The bridge is away or busy; trying again helps. */
    case Later;
    /** Trying again helps only once a person has put something right: the secret, the address, the firewall. */
    case NeedsPerson;
    /** The bridge will never take this delivery as it is. */
    case Refused;
}
