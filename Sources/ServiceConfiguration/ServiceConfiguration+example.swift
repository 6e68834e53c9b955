extension ServiceConfiguration {
    /// A complete sample: every key is there, active or behind `#` with its default; its placeholders are refused at start.
    package static let example = """
        # Paydactyl's configuration.
        #
        # What stands behind a # without a space is a key with its default, or with an example. Everything that says change-me must be
        # replaced; Paydactyl does not start before. "paydactyl check" says what is wrong with this file and with the panels that it names.
        #
        # Every key can also be given by an environment variable, which goes before the file: PAYDACTYL_ and the key in upper case, with _
        # for dots and dashes; lists with commas:
        #   PAYDACTYL_POLICY_SETTLE=30s   PAYDACTYL_PANELS_MAIN_CLIENT_KEY=…   PAYDACTYL_TRUSTED_PROXIES=10.0.0.1/32,10.0.0.2/32
        # Every secret can also stand in a file, named by its key with _file behind it; lists have one line for each. Relative names start
        # beside this file, and systemd's ${CREDENTIALS_DIRECTORY} is filled in:
        #   client_key_file: ${CREDENTIALS_DIRECTORY}/client_key    (or PAYDACTYL_PANELS_MAIN_CLIENT_KEY_FILE)
        # Durations: 500ms, 30s, 5m, 12h, 7d.

        # The name under which panels keep our ids. Letters, digits and -. It stays for ever.
        instance: firefrost

        listen:
          host: 127.0.0.1
          port: 8750
          # To end TLS here, and not in a proxy:
          #tls: {certificate: /etc/paydactyl/certificate.pem, private_key: /etc/paydactyl/private-key.pem}

        # The proxies whose X-Forwarded-For and X-Forwarded-Proto are believed.
        trusted_proxies: [127.0.0.1/32]

        # A relative path starts at the working directory.
        store: sqlite:paydactyl.sqlite

        # observe computes and shows everything and changes nothing; enforce works.
        mode: enforce

        admin:
          # Bearer tokens for the API, the command line and the console; at least 20 characters (openssl rand -hex 32).
          # A plain one is an operator's.
          tokens:
            - change-me-a-long-random-token
            #- {token: change-me-another-long-random-token, role: viewer, name: status page}
          #tokens_file: /run/secrets/admin_tokens

        billing:
          paymenter:
            # Standard Webhooks secrets: whsec_ and the base64 of at least 24 bytes (openssl rand -base64 32). Each is accepted: to change
            # one, add the new one, change it in Paymenter, then remove the old one.
            secrets: [whsec_change-me]
            #secrets_file: /run/secrets/paymenter_secrets
            # The networks of the billing host; an empty list means any.
            #allow_from: [203.0.113.7/32]
            # The property of a service that holds the player's name.
            player_property: minecraft_username
            # What the server puts before the names of Bedrock players (Floodgate's username-prefix):
            #bedrock_prefix: "."
          # Whose midnight a bare date means.
          #timezone: UTC
          # No word from billing for so long is a reason to tell somebody.
          #silent_after: 36h

        panels:
          # Server groups mean the panel "main" where they name none.
          main:
            url: https://panel.change-me.example
            # Both keys belong to one administrator made for Paydactyl.
            application_key: ptla_change-me
            #application_key_file: /run/secrets/application_key
            client_key: ptlc_change-me
            #client_key_file: /run/secrets/client_key
            # How much of the panel's rate limit we may use.
            #budget_share: 90%

        policy:
          # How long access outlives a payment that failed, from the later of the failure and the date that is paid for.
          #grace_period: 7d
          # How long a loss waits for the other half of a change ("cancel the old, create the new").
          #settle: 60s
          # suspend | end | keep
          #on_refund: suspend
          # What money does that comes after the end: reactivate | attention
          #late_payment: reactivate
          # What "cancelled" without a date means: now | period_end
          #cancel: now
          # How long deliveries are kept as they came.
          #delivery_retention: 90d
          # How long accounts that we created stay after their last access; or never (delete them).
          #account_retention: 30d
          # The waits between tries; the last one repeats.
          #retry: [1s, 5s, 30s, 2m, 10m, 30m]
          # How long a customer is worked on before a person is asked.
          #attention_after: 15m
          # How often the whole panel is read.
          #audit_every: 5m
          # More losses than these within the window wait for a person.
          #breaker: {max_customers: 5, max_share: 20%, window: 10m}

        # Permissions of the panel under names of your own; websocket.connect is always among them.
        permission_sets:
          basic: [websocket.connect]
          power: [control.console, control.start, control.stop, control.restart]

        # Rules that say which servers belong together. All keys of a group must hold. Servers of owners who are no admins are left out, since
        # owners can rename their servers, unless "owners" has their e-mail or the server is named by its external id or identifier.
        server_groups:
          frost-path:
            names: ["Frost Path*"]
            #panel: main
            #owners: [ada@example.com]
            #except: {names: ["*test*"], external_ids: [lobby], identifiers: [1a7ce997], nodes: [old], eggs: [Bungeecord], tags: [private]}
          fire-path:
            names: ["Fire Path*"]
          # [beta] in the server's description:
          beta:
            tags: [beta]
          everything:
            names: ["*"]
            # Other keys:
            #external_ids: [lobby, creative]
            #identifiers: [1a7ce997]
            #nodes: [node-1]
            #eggs: [Paper]

        # Servers that share one LuckPerms storage, and the one of them whose console takes the commands (its name, external id or identifier).
        # Every other server keeps ranks of its own.
        #rank_targets: {network: {servers: everything, speaker: lobby}}

        # What the products sell. A product belongs to one tier; a higher rank is worth more.
        tiers:
          # One dollar, once.
          awakened:
            rank: 1
            role: subscriber_awakened
            luckperms: {group: subscriber_awakened, servers: frost-path}
            products: [awakened]
            access: [{servers: frost-path, permissions: basic}]
            # How long a one-time purchase lasts; without it, for ever:
            #lasts: 30d
            # Commands of your own for consoles; {player}, {uuid}, {tier} and {expires_unix} are filled in:
            #commands: {servers: frost-path, grant: ["say {player} awakens"], renew: [], change: [], end: ["say {player} sleeps"], refund: []}
          elemental:
            rank: 2
            role: subscriber_elemental
            luckperms: {group: subscriber_elemental, servers: frost-path}
            products: [fire-elemental, frost-elemental]
            access:
              - {servers: frost-path, permissions: basic}
              - {servers: fire-path, permissions: basic}
            # This tier's own rules:
            #grace_period: 3d
            #on_refund: suspend
            #late_payment: attention
            #cancel: period_end
            #account_retention: 90d
          knight:
            rank: 3
            role: subscriber_knight
            luckperms: {group: subscriber_knight, servers: frost-path}
            products: [fire-knight, frost-knight]
            access:
              - {servers: frost-path, permissions: basic}
              - {servers: fire-path, permissions: basic}
          master:
            rank: 4
            role: subscriber_master
            luckperms: {group: subscriber_master, servers: frost-path}
            products: [fire-master, frost-master]
            access:
              - {servers: frost-path, permissions: basic}
              - {servers: fire-path, permissions: basic}
              - {servers: beta, permissions: basic}
          legend:
            rank: 5
            role: subscriber_legend
            luckperms: {group: subscriber_legend, servers: frost-path}
            products: [fire-legend, frost-legend]
            access:
              - {servers: frost-path, permissions: basic}
              - {servers: fire-path, permissions: basic}
              - {servers: beta, permissions: power}
          sovereign:
            rank: 6
            role: subscriber_sovereign
            luckperms: {group: subscriber_sovereign, servers: everything}
            products: [sovereign]
            access: [{servers: everything, permissions: basic}]
            # A server of the customer's own for each subscription, with names or ids as the panel shows them; null means the egg's own:
            #dedicated: {panel: main, egg: Paper, nest: Minecraft, locations: [eu], node: null, port_range: [25565-25999], dedicated_ip: false, docker_image: null, startup: null, environment: {MINECRAFT_VERSION: "{property.minecraft_version}"}, name: "{product} #{subscription}", limits: {memory: 4096, swap: 0, disk: 10240, io: 500, cpu: 200, threads: null}, feature_limits: {databases: 1, backups: 2, allocations: 1}, start_on_completion: true, skip_scripts: false, oom_killer: true, delete_after: 14d, delete_without_asking: false}

        # Who is told what needs a person.
        #alerts:
          #discord: {webhook_url: https://discord.com/api/webhooks/123/abc}
          #generic: {url: https://example.org/hook, secret: whsec_change-me}
          # For links in alerts.
          #console_url: https://paydactyl.example.org

        # Not in this version: billing.stripe, billing.paymenter.api, and stores other than sqlite.

        """
}
