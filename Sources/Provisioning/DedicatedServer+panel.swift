package import Entitlements
package import PterodactylAPI

extension DedicatedSighting {
    package init(_ server: Server) {
        self.init(
            name: server.name,
            owner: server.ownerID.number,
            isSuspended: server.suspended,
            activity: Activity(server.status),
            limits: DedicatedLimits(server.limits),
            features: DedicatedFeatures(
                databases: server.featureLimits.databases,
                backups: server.featureLimits.backups,
                allocations: server.featureLimits.allocations
            )
        )
    }
}

extension DedicatedSighting.Activity {
    fileprivate init(_ status: ServerStatus?) {
        self =
            switch status {
            case nil, .suspended: .none
            case .installing: .installing
            case .installFailed, .reinstallFailed: .installFailed
            case .restoringBackup: .restoringBackup
            case .other: .other
            }
    }
}

extension DedicatedLimits {
    fileprivate init(_ limits: ServerLimits) {
        self.init(
            memory: limits.memory,
            swap: limits.swap,
            disk: limits.disk,
            io: limits.io,
            cpu: limits.cpu,
            threads: limits.threads
        )
    }

    var panelLimits: ServerLimits {
        ServerLimits(memory: memory, swap: swap, disk: disk, io: io, cpu: cpu, threads: threads)
    }
}

extension DedicatedFeatures {
    var panelLimits: FeatureLimits {
        FeatureLimits(databases: databases, allocations: allocations, backups: backups)
    }
}

extension PanelIdentity {
    package init(_ server: Server) {
        self.init(number: server.id.number, uuid: server.uuid.text)
    }
}

extension DedicatedPlacement {
    /// The ports as ranges; what is none was refused when the configuration was read.
    package var portRanges: [ClosedRange<Int>] {
        ports.compactMap { text in
            let ends = text.split(separator: "-").compactMap { Int($0) }
            guard let first = ends.first, let last = ends.last, first <= last else { return nil }
            return first...last
        }
    }
}

extension NewServer {
    /// What a request asks for, with an egg's own for what it leaves open.
    init(_ request: DedicatedRequest, externalID: String, owner: Int, egg: Egg, placement: Placement) {
        self.init(
            externalID: externalID,
            name: request.name,
            owner: PanelUser.ID(owner),
            egg: egg.id,
            dockerImage: request.dockerImage ?? egg.dockerImage,
            startup: request.startup ?? egg.startup,
            environment: egg.environment(over: [:], ours: request.environment),
            limits: request.limits.panelLimits,
            featureLimits: request.features.panelLimits,
            placement: placement
        )
        skipScripts = request.skipsScripts
        oomDisabled = !request.oomKiller
        startOnCompletion = request.startsOnCompletion
    }
}

extension Egg {
    /// Its variables: ours, else what a server has, else its own.
    ///
    /// The panel fills in nothing where one is required
    /// (recording `app-servers-create-missing-environment`).
    func environment(over present: [String: String], ours: [String: String]) -> [String: String] {
        let own = (variables ?? []).map { variable in
            let name = variable.environmentName
            return (name, ours[name] ?? present[name] ?? variable.defaultValue)
        }
        return Dictionary(own, uniquingKeysWith: { first, _ in first })
    }
}

/// What a changed request changes on a server as it was just read: only what differs from what was asked before, so that whatever people
/// changed by hand beside it stays.
struct DedicatedChange {
    var server: Server
    var asked: DedicatedRequest
    var wanted: DedicatedRequest
    /// `nil` leaves the owner.
    var owner: Int?

    private func merged<Value: Equatable>(_ present: Value, _ path: KeyPath<DedicatedRequest, Value>) -> Value {
        asked[keyPath: path] == wanted[keyPath: path] ? present : wanted[keyPath: path]
    }

    /// `nil` if nothing of it changes.
    var build: BuildUpdate? {
        let present = BuildUpdate(of: server)
        var update = present
        update.limits.memory = merged(server.limits.memory, \.limits.memory)
        update.limits.swap = merged(server.limits.swap, \.limits.swap)
        update.limits.disk = merged(server.limits.disk, \.limits.disk)
        update.limits.io = merged(server.limits.io, \.limits.io)
        update.limits.cpu = merged(server.limits.cpu, \.limits.cpu)
        update.limits.threads = merged(server.limits.threads, \.limits.threads)
        update.featureLimits.databases = merged(server.featureLimits.databases, \.features.databases)
        update.featureLimits.backups = merged(server.featureLimits.backups, \.features.backups)
        update.featureLimits.allocations = merged(server.featureLimits.allocations, \.features.allocations)
        if asked.oomKiller != wanted.oomKiller, server.limits.oomDisabled != !wanted.oomKiller {
            update.oomDisabled = !wanted.oomKiller
        }
        return update == present ? nil : update
    }

    /// `nil` if nothing of it changes.
    ///
    /// A name that somebody gave the server by hand stays.
    var details: DetailsUpdate? {
        let present = DetailsUpdate(of: server)
        var update = present
        if server.name == asked.name { update.name = wanted.name }
        if let owner { update.owner = PanelUser.ID(owner) }
        return update == present ? nil : update
    }

    /// Whether the egg must be known to say what the start-up becomes.
    var changesStartup: Bool {
        wanted.parts(differingFrom: asked).contains(.startup)
    }

    /// `nil` if nothing of it changes.
    ///
    /// Nothing is installed anew, as that could cost the customer what is there.
    func startup(with egg: Egg) -> StartupUpdate? {
        var present = StartupUpdate(of: server)
        present.skipScripts = wanted.skipsScripts
        var update = present
        let isOtherEgg = server.egg != egg.id && (asked.egg, asked.nest) != (wanted.egg, wanted.nest)
        if isOtherEgg { update.egg = egg.id }
        if isOtherEgg || asked.dockerImage != wanted.dockerImage {
            update.image = wanted.dockerImage ?? egg.dockerImage
        }
        if isOtherEgg || asked.startup != wanted.startup { update.startup = wanted.startup ?? egg.startup }
        let ours = wanted.environment.filter { isOtherEgg || asked.environment[$0.key] != $0.value }
        update.environment = egg.environment(over: server.container.ownEnvironment, ours: ours)
        if !isOtherEgg {
            for (name, value) in server.container.ownEnvironment where update.environment[name] == nil {
                update.environment[name] = value
            }
        }
        return update == present ? nil : update
    }
}
