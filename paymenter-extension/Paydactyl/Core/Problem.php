<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Core;

/**
 * Something that a person has to put right.
 *
 * Its message is one whole sentence that begins with the cause, because it is the only thing that Paymenter shows of a
 * failure (facts/paymenter.md §b, "When it fails").
 */
final class Problem extends \RuntimeException
{
}
