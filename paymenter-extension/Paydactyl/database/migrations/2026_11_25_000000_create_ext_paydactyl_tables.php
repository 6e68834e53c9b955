<?php

declare(strict_types=1);

use Illuminate\Database\Migrations\Migration;
use Illuminate\Support\Facades\DB;
use Illuminate\Support\Facades\Schema as LaravelSchema;
use Paymenter\Extensions\Servers\Paydactyl\Outbox\Schema;

return new class () extends Migration {
    public function up(): void
    {
        foreach (Schema::statements() as $statement) {
            DB::statement($statement);
        }
    }

    public function down(): void
    {
        foreach (Schema::TABLES as $table) {
            LaravelSchema::dropIfExists($table);
        }
    }
};
