<?php

declare(strict_types=1);

// Writes what this extension sends in the recorded life of a real Paymenter to Tests/BillingTests/Fixtures/stories.
//
// usage: php tests/write-stories.php

use PaydactylTests\Support\Stories;

require __DIR__ . '/bootstrap.php';

array_map('unlink', glob(Stories::FOLDER . '/*.json') ?: []);
foreach (Stories::files() as $name => $text) {
    file_put_contents(Stories::FOLDER . "/{$name}", $text);
    echo "{$name}\n";
}
