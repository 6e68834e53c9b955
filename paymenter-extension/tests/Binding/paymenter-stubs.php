<?php

declare(strict_types=1);

// The names of Paymenter that our binding uses, with as little behind them as the tests need. What the real ones do:
// facts/paymenter.md.

namespace App\Attributes {
    #[\Attribute(\Attribute::TARGET_CLASS)]
    class ExtensionMeta
    {
        public function __construct(
            public string $name,
            public string $description,
            public string $version,
            public string $author,
            public string $url = '',
            public string $icon = '',
        ) {
        }
    }
}

namespace App\Classes\Extension {
    class Extension
    {
        public function __construct(public $config = [])
        {
        }

        public function getConfig($values = [])
        {
            return [];
        }

        public function installed()
        {
        }

        public function uninstalled()
        {
        }

        public function upgraded($oldVersion = null)
        {
        }

        public function boot()
        {
        }
    }

    class Server extends Extension
    {
    }
}

namespace App\Helpers {
    class ExtensionHelper
    {
        public static function runMigrations($path)
        {
            app('migrator')->run(base_path($path));
        }

        /** As the real one, it reads each file once: of one that the same process has run already it gets no migration. */
        public static function rollbackMigrations($path)
        {
            foreach (glob(base_path($path) . '/*.php') as $file) {
                $migration = require_once $file;
                if (method_exists($migration, 'down')) {
                    $migration->down();
                }
            }
        }
    }
}

namespace App\Events\Service {
    class Created
    {
        public function __construct(public $service)
        {
        }
    }
    class Updated extends Created
    {
    }
    class Deleted extends Created
    {
    }
}

namespace App\Events\User {
    class Updated
    {
        public function __construct(public $user)
        {
        }
    }
}

namespace App\Events\Properties {
    class Updated
    {
    }
}

namespace App\Models {
    use Illuminate\Database\Eloquent\SoftDeletes;
    use Illuminate\Support\Facades\Crypt;
    use Illuminate\Support\Facades\DB;

    class Model extends \Illuminate\Database\Eloquent\Model
    {
    }

    class Product extends Model
    {
    }

    class Service extends Model
    {
        protected $casts = ['expires_at' => 'date'];

        protected static function booted()
        {
            static::created(fn ($service) => event(new \App\Events\Service\Created($service)));
            static::updated(fn ($service) => event(new \App\Events\Service\Updated($service)));
            static::deleted(fn ($service) => event(new \App\Events\Service\Deleted($service)));
        }
    }

    class User extends Model
    {
        protected static function booted()
        {
            static::updated(fn ($user) => event(new \App\Events\User\Updated($user)));
        }
    }

    class Extension extends Model
    {
        use SoftDeletes;

        public function settings()
        {
            return $this->morphMany(Setting::class, 'settingable');
        }
    }

    class Server extends Extension
    {
        protected $table = 'extensions';

        public function newQuery($excludeDeleted = true)
        {
            return parent::newQuery($excludeDeleted)->where('type', 'server');
        }
    }

    class Setting extends Model
    {
        protected $casts = ['encrypted' => 'boolean'];

        protected static function booted()
        {
            static::saving(function ($setting) {
                if ($setting->encrypted) {
                    $setting->value = Crypt::encryptString($setting->value);
                }
            });
            static::retrieved(function ($setting) {
                if ($setting->encrypted && $setting->value) {
                    try {
                        $setting->value = Crypt::decryptString($setting->value);
                    } catch (\Throwable) {
                        $setting->value = null;
                    }
                }
            });
            static::created(fn ($setting) => DB::table('audits')->insert([
                'auditable_id' => $setting->id,
                'auditable_type' => Setting::class,
                'old_values' => '[]',
                'new_values' => json_encode(['key' => $setting->key, 'value' => $setting->value]),
            ]));
        }
    }
}
