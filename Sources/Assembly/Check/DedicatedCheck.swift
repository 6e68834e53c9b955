import Entitlements
import Provisioning
import PterodactylAPI

/// What stands in the way of making the servers that tiers sell on one panel.
struct DedicatedCheck {
    typealias Finding = CheckReport.Finding

    let panel: PanelName
    let catalog: Catalog
    let client: PterodactylPanel

    func findings() async -> [Finding] {
        var findings: [Finding] = []
        for tier in catalog.tiers {
            guard let offer = tier.dedicated, offer.panel == panel else { continue }
            findings += await check(offer, "tiers.\(tier.id).dedicated")
        }
        if !findings.isEmpty { findings.append(await mayWrite()) }
        return findings
    }

    private func check(_ offer: DedicatedOffer, _ subject: String) async -> [Finding] {
        let catalogue = PanelCatalogue(client)
        do {
            let egg = try await catalogue.egg(offer.egg, nest: offer.nest)
            let locations = try await catalogue.locations(offer.placement.locations)
            return variables(of: egg, offer, subject) + [try await room(for: offer, locations, subject)]
        } catch let missing as NotOnPanel {
            let remedy = "Correct it in \(subject), or make it on the panel."
            return [.fail(subject, "On panel \(panel), \(missing)", remedy: remedy)]
        } catch {
            let remedy = "Give the application key read on nodes, allocations, locations, nests and eggs."
            return [.fail(subject, "It could not be held against the panel: \(error)", remedy: remedy)]
        }
    }

    private func variables(of egg: Egg, _ offer: DedicatedOffer, _ subject: String) -> [Finding] {
        let variables = egg.variables ?? []
        let known = Set(variables.map(\.environmentName))
        var findings = offer.environment.keys.filter { !known.contains($0) }.sorted().map { name in
            Finding.fail(
                "\(subject).environment.\(name)",
                "Egg \(egg.name) has no such variable, so the panel would drop it",
                remedy: "It has \(known.sorted().joined(separator: ", "))."
            )
        }
        for variable in variables where variable.rules.split(separator: "|").contains("required") {
            let name = variable.environmentName
            guard variable.defaultValue.isEmpty else { continue }
            if let template = offer.environment[name] {
                guard template.mayBeMissing else { continue }
                findings.append(
                    .warn(
                        "\(subject).environment.\(name)",
                        "Egg \(egg.name) requires it and has no default: without that checkout field no server can be made",
                        remedy: "Make the field required at the checkout, or write a value in its place."
                    )
                )
            } else {
                findings.append(
                    .fail(
                        "\(subject).environment",
                        "Egg \(egg.name) requires \(name) and has no default, so the panel would refuse every server",
                        remedy: "Write \(name): and a value there."
                    )
                )
            }
        }
        return findings
    }

    private func room(for offer: DedicatedOffer, _ locations: [Location.ID], _ subject: String) async throws -> Finding
    {
        let nodes: [Node]
        if let name = offer.placement.node {
            nodes = [try await PanelCatalogue(client).node(name)]
        } else {
            nodes = try await client.deployableNodes(
                memory: offer.limits.memory,
                disk: offer.limits.disk,
                locations: locations
            )
        }
        guard !nodes.isEmpty else {
            return .fail(
                subject,
                "No node has room for another: \(offer.limits.memory) MiB of memory and \(offer.limits.disk) MiB of disk",
                remedy: "Make room there, add a node, or name other locations."
            )
        }
        for node in nodes {
            let free = try await PanelCatalogue(client).freeAllocation(
                on: node.id,
                ports: offer.placement.portRanges,
                dedicatedIP: offer.placement.dedicatedIP
            )
            if free != nil {
                return .ok(subject, "Its egg and places are there, and node \(node.name) has a free port")
            }
        }
        return .fail(
            subject,
            "No node with room has a free port\(offer.placement.ports.isEmpty ? "" : " in port_range")",
            remedy: "Add allocations on \(nodes.map(\.name).joined(separator: ", "))."
        )
    }

    /// Asks for a server of nothing: a key that may write is told what is missing, any other that it may not; neither makes one.
    private func mayWrite() async -> Finding {
        let subject = "panel \(panel): application key"
        do {
            _ = try await client.createServer(.nothing)
            return .warn(
                subject,
                "It could not be told whether it may write servers: the panel took an empty one.",
                remedy: "Look at the panel for a server without a name, and at the key's rights."
            )
        } catch let error as PanelError {
            if case .invalid = error.kind { return .ok(subject, "It may write servers") }
            if error.kind == .forbidden || error.kind == .keyRefused {
                return .fail(
                    subject,
                    "It may not write servers, so that none could be made, suspended or resized",
                    remedy: "Make a key with read & write on servers."
                )
            }
            return writingUnknown(error, subject)
        } catch {
            return writingUnknown(error, subject)
        }
    }

    private func writingUnknown(_ error: any Error, _ subject: String) -> Finding {
        .warn(
            subject,
            "Whether it may write servers could not be told: \(error)",
            remedy: "Check again; if it stays, look at the key's rights and at the panel's own log."
        )
    }
}

extension NewServer {
    /// Refused by every rule of the panel's.
    fileprivate static var nothing: NewServer {
        NewServer(
            externalID: nil,
            name: "",
            owner: PanelUser.ID(0),
            egg: Egg.ID(0),
            dockerImage: "",
            startup: "",
            environment: [:],
            limits: ServerLimits(memory: -1, swap: -2, disk: -1, io: 0, cpu: -1),
            featureLimits: FeatureLimits(databases: 0, allocations: 0, backups: 0),
            placement: .allocation(default: Allocation.ID(0), additional: [])
        )
    }
}

extension DedicatedTemplate {
    fileprivate var mayBeMissing: Bool {
        !uses { if case .property = $0 { false } else { true } }
    }
}
