<?php

declare(strict_types=1);

namespace PaydactylTests\Support;

/** As Paymenter's models cast a transaction's status. */
enum TransactionStatus: string
{
    case Failed = 'failed';
}
