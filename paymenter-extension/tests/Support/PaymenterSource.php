<?php

declare(strict_types=1);

namespace PaydactylTests\Support;

/** The source of a Paymenter in a folder, read as text. */
final class PaymenterSource
{
    public function __construct(private readonly string $folder)
    {
    }

    public function has(string $class): bool
    {
        return $this->text($class) !== '';
    }

    /** Whether a class has a public property of this name, be it one of its constructor's parameters. */
    public function hasProperty(string $class, string $property): bool
    {
        return preg_match('/public\s+(?:readonly\s+)?(?:[\w\\\\|?]+\s+)?\$' . $property . '\b/', $this->text($class)) === 1;
    }

    /** @return list<string>|null the names of a method's parameters; null where there is no such method */
    public function parameters(string $class, string $method): ?array
    {
        if (preg_match('/function\s+' . $method . '\s*\(([^)]*)\)/s', $this->text($class), $match) !== 1) {
            return null;
        }
        preg_match_all('/\$(\w+)/', $match[1], $names);

        return $names[1];
    }

    public function parent(string $class): ?string
    {
        return preg_match('/class\s+\w+\s+extends\s+(\w+)/', $this->text($class), $match) === 1 ? $match[1] : null;
    }

    /** Whether an extension's method is called somewhere: by its name in the code, or by the name as a word. */
    public function calls(string $method): bool
    {
        $places = ['app/Helpers', 'app/Providers', 'app/Admin', 'app/Console/Commands/Extension'];
        foreach ($places as $place) {
            foreach ($this->files($place) as $file) {
                if (preg_match("/->{$method}\(|'{$method}'/", (string) file_get_contents($file)) === 1) {
                    return true;
                }
            }
        }

        return false;
    }

    /** @return list<string> the columns that the migrations give a table */
    public function columns(string $table): array
    {
        $columns = [];
        foreach ($this->files('database/migrations') as $file) {
            $up = preg_split('/function down\(/', (string) file_get_contents($file))[0] ?? '';
            preg_match_all("/Schema::(?:create|table)\('{$table}',.*?\n        \}\);/s", $up, $blocks);
            foreach ($blocks[0] as $block) {
                preg_match_all('/\$table->(\w+)\(([^)]*)\)/', $block, $calls, PREG_SET_ORDER);
                foreach ($calls as [, $call, $arguments]) {
                    $columns = [...$columns, ...self::columnsOf($call, $arguments)];
                }
            }
        }

        return array_values(array_unique($columns));
    }

    /** @return list<string> */
    private static function columnsOf(string $call, string $arguments): array
    {
        $quoted = preg_match("/'(\w+)'/", $arguments, $match) === 1 ? $match[1] : null;
        $model = preg_match('/(\w+)::class/', $arguments, $match) === 1 ? $match[1] : null;

        return match (true) {
            $call === 'id' => ['id'],
            $call === 'timestamps' => ['created_at', 'updated_at'],
            $call === 'softDeletes' => ['deleted_at'],
            in_array($call, ['morphs', 'nullableMorphs'], true) => ["{$quoted}_id", "{$quoted}_type"],
            $quoted !== null => [$quoted],
            $model !== null => [strtolower((string) preg_replace('/(?<!^)[A-Z]/', '_$0', $model)) . '_id'],
            default => [],
        };
    }

    public function defaultOf(string $setting): ?int
    {
        $text = (string) file_get_contents("{$this->folder}/app/Classes/Settings.php");

        return preg_match("/'name' => '{$setting}'.*?'default' => (\d+)/s", $text, $match) === 1 ? (int) $match[1] : null;
    }

    private function text(string $class): string
    {
        $file = "{$this->folder}/app/" . str_replace('\\', '/', substr($class, strlen('App\\'))) . '.php';

        return is_file($file) ? (string) file_get_contents($file) : '';
    }

    /** @return list<string> */
    private function files(string $folder): array
    {
        $files = new \RecursiveIteratorIterator(new \RecursiveDirectoryIterator("{$this->folder}/{$folder}"));

        return array_values(array_filter(
            array_map('strval', iterator_to_array($files, false)),
            static fn (string $file) => str_ends_with($file, '.php')
        ));
    }
}
