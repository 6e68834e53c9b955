<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Outbox;

/** Where the SQL of databases differs for us: how a row is inserted unless it is there. */
enum Dialect
{
    case MySql;
    case Standard;
}
