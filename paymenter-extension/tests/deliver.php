<?php

declare(strict_types=1);

// Writes events to an outbox and delivers them to a real bridge, with the classes that run inside Paymenter and SQLite
// in the place of its database. For tests that cross the two languages.
//
// usage: php tests/deliver.php --url URL --secret whsec_... --outbox FILE
//            [--enqueue N] [--services M]   first write N events about M services (default 1)
//            [--fill N]                     first make N services of N customers, without events
//            [--silently STATUS]            gives service 1 this status past every event, as a hand in the database would
//            [--paid NAME]                  gives service 1 a paid invoice with a transaction of this name
//            [--wanted]                     asks the bridge what it wants to hear, and writes that down
//            [--seconds S]                  then deliver for at most S seconds (default 30), until nothing is left
//            [--patient]                    wait out the pauses after failures; without it the bridge is tried every 100 ms
//            [--list]                       then send one generation of the full list
//            [--request-seconds N]          how long the bridge may take to answer (default 5)
//            [--ahead S]                    with a clock that is S seconds ahead
//            [--show]                       lists what still waits
//
// Prints one JSON object: enqueued, `wanted` with its counts, delivered, left, problem, `peak_kilobytes` of memory that this process ever had
// resident, and `told`, what each service was last said to be, with its revision. Exit code: 0 everything was acknowledged, 1 something is left, 2 wrong usage.

use PaydactylTests\Support\Driver;

require __DIR__ . '/bootstrap.php';

$options = getopt('', [
    'url:', 'secret:', 'outbox:', 'enqueue:', 'services:', 'fill:', 'silently:', 'paid:', 'wanted', 'seconds:', 'patient', 'list',
    'request-seconds:', 'ahead:', 'show',
]);
if (!is_array($options) || !isset($options['url'], $options['secret'], $options['outbox'])) {
    fwrite(STDERR, "usage: php tests/deliver.php --url URL --secret SECRET --outbox FILE"
        . " [--enqueue N] [--services M] [--fill N] [--silently STATUS] [--paid NAME] [--wanted] [--seconds S] [--patient]"
        . " [--list] [--request-seconds N] [--ahead S] [--show]\n");
    exit(2);
}
$driver = new Driver(
    $options['url'],
    $options['secret'],
    $options['outbox'],
    $options['request-seconds'] ?? '5',
    (int) ($options['ahead'] ?? 0),
);
$driver->fill((int) ($options['fill'] ?? 0));
$result = ['enqueued' => $driver->enqueue((int) ($options['enqueue'] ?? 0), max(1, (int) ($options['services'] ?? 1)))];
if (isset($options['silently'])) {
    $driver->changeSilently($options['silently']);
}
if (isset($options['paid'])) {
    $driver->pay($options['paid']);
}
if (isset($options['wanted'])) {
    $result += ['wanted' => $driver->wanted()];
}
$result += $driver->deliver((int) ($options['seconds'] ?? 30), isset($options['patient']));
if (isset($options['list'])) {
    $list = $driver->list();
    $result += ['list' => ['pages' => $list->pages, 'acknowledged' => $list->acknowledgedPages, 'problem' => $list->problem]];
}
if (isset($options['show'])) {
    $result += ['waiting' => $driver->waiting()];
}
// Before what is told is listed, which the extension itself never does.
$result += ['peak_kilobytes' => Driver::peakKilobytes(), 'told' => (object) $driver->told()];
echo json_encode($result, JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES | JSON_THROW_ON_ERROR), "\n";
exit($result['left'] === 0 && ($result['list']['problem'] ?? null) === null ? 0 : 1);
