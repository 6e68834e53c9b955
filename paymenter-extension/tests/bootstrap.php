<?php

declare(strict_types=1);

// The classes that need no framework, found as Paymenter finds them: by their namespace.
spl_autoload_register(static function (string $class): void {
    $roots = [
        'Paymenter\\Extensions\\Servers\\Paydactyl\\' => __DIR__ . '/../Paydactyl/',
        'PaydactylTests\\' => __DIR__ . '/',
    ];
    foreach ($roots as $prefix => $folder) {
        if (str_starts_with($class, $prefix)) {
            $file = $folder . str_replace('\\', '/', substr($class, strlen($prefix))) . '.php';
            if (is_file($file)) {
                require $file;
            }
        }
    }
});
