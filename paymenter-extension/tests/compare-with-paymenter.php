<?php

declare(strict_types=1);

// Holds all that the extension touches of Paymenter against the source of one, which lies in a folder. It reads files and runs
// nothing of them.
//
// usage: php tests/compare-with-paymenter.php FOLDER
//
// Prints what is there and what is not. Exit code: 0 everything is there, 1 something is missing, 2 wrong usage.

use PaydactylTests\Support\PaymenterContract;
use PaydactylTests\Support\PaymenterSource;

require __DIR__ . '/bootstrap.php';

$folder = $argv[1] ?? '';
if (!is_file("{$folder}/app/Helpers/ExtensionHelper.php")) {
    fwrite(STDERR, "usage: php tests/compare-with-paymenter.php FOLDER (that holds Paymenter's app/ and database/)\n");
    exit(2);
}
$source = new PaymenterSource($folder);
$missing = [];
$found = 0;
$check = static function (bool $isThere, string $what) use (&$missing, &$found): void {
    $isThere ? $found++ : $missing[] = $what;
};
foreach (PaymenterContract::EVENTS as $class => $property) {
    $check($property === null ? $source->has($class) : $source->hasProperty($class, $property), "{$class} with \${$property}");
}
foreach (PaymenterContract::METHODS as $name => $parameters) {
    [$class, $method] = explode('::', $name);
    $check($source->parameters($class, $method) === $parameters, "{$name}(" . implode(', ', $parameters) . ')');
}
foreach (PaymenterContract::PARENTS as $class => $parent) {
    $check($source->parent($class) === $parent, "{$class} extends {$parent}");
}
foreach (PaymenterContract::CALLED as $method => $arguments) {
    $check($source->calls($method), "a call of {$method}");
}
foreach (PaymenterContract::COLUMNS as $table => $columns) {
    foreach ($columns as $column) {
        $check(in_array($column, $source->columns($table), true), "{$table}.{$column}");
    }
}
foreach (PaymenterContract::SETTINGS as $name => $default) {
    $check($source->defaultOf($name) === $default, "the setting {$name}, by default {$default}");
}
echo "{$found} are there.\n";
foreach ($missing as $what) {
    echo "Not there, or otherwise: {$what}\n";
}
exit($missing === [] ? 0 : 1);
