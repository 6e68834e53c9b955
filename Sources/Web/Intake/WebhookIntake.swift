import Billing
import Entitlements
import Foundation
import HTTPTypes
import Hummingbird
import Ledger
package import Logging
package import CoreMetrics
import NIOCore
import Observability
package import Provisioning
import ServiceConfiguration

/// Takes the deliveries of one billing source: checks, writes down, answers, in this order.
package struct WebhookIntake: Sendable {
    package var source: String
    package var scheme: IntakeScheme
    package var rules: Current<WebRules>
    package var commit: GroupCommit
    package var arrivals: Signal
    package var alerts: IntakeAlerts
    package var disk: DiskSpace
    package var clock: ServiceClock
    package var logger: Logger
    private let counters: IntakeCounters

    static let maximumBytes = 256 * 1024

    package init(
        source: String,
        scheme: IntakeScheme = .standard,
        rules: Current<WebRules>,
        commit: GroupCommit,
        arrivals: Signal,
        alerts: IntakeAlerts,
        disk: DiskSpace,
        clock: ServiceClock,
        metrics: some MetricsFactory,
        logger: Logger
    ) {
        self.source = source
        self.scheme = scheme
        self.rules = rules
        self.commit = commit
        self.arrivals = arrivals
        self.alerts = alerts
        self.disk = disk
        self.clock = clock
        self.logger = logger
        counters = IntakeCounters(metrics)
    }

    func handle(_ request: Request, context: WebContext) async throws -> Response {
        do {
            let response = try await take(request, context: context)
            counters.count(response.status.code)
            return response
        } catch let problem as Problem {
            counters.count(problem.status.code)
            note(problem)
            throw problem
        }
    }

    private func note(_ problem: Problem) {
        guard problem.status == .unauthorized || problem.status == .forbidden else { return }
        let turnedAway = IntakeAlerts.TurnedAway(
            status: problem.status.code,
            detail: problem.detail,
            at: clock.now()
        )
        guard alerts.note(turnedAway) else { return }
        logger.warning(
            "A delivery was turned away; others within a minute are not logged.",
            metadata: ["status": "\(turnedAway.status)", "detail": "\(turnedAway.detail)"]
        )
    }

    /// The body of a request that comes from where deliveries may and is signed as they are.
    func signedBody(of request: Request, context: WebContext) async throws -> [UInt8] {
        do {
            let rules = rules.value
            try admit(request, context: context, rules: rules)
            let body = try await read(request)
            _ = try verify(request.headers, body: body, rules: rules, now: clock.now())
            return body
        } catch let problem as Problem {
            note(problem)
            throw problem
        }
    }

    private func take(_ request: Request, context: WebContext) async throws -> Response {
        let rules = rules.value
        try admit(request, context: context, rules: rules)
        let body = try await read(request)
        CrashPoint.bytesRead.reached()
        let receivedAt = clock.now()
        let verified = try verify(request.headers, body: body, rules: rules, now: receivedAt)
        CrashPoint.signatureVerified.reached()
        let delivery = try read(body, rules: rules, verified: verified, receivedAt: receivedAt)
        let receipt = try await record(delivery.delivery)
        CrashPoint.deliveryCommitted.reached()
        log(receipt, delivery.delivery)
        if let problem = delivery.problem {
            // A repeat of something that was taken is a repeat, whatever its body would be worth now.
            if receipt == .duplicate { return Answer.duplicate.response }
            throw problem
        }
        switch receipt {
        case .duplicate, .conflicting: return Answer.duplicate.response
        case .recorded:
            guard delivery.delivery.verdict == .accepted else { return Answer.ignored.response }
            arrivals.ring()
            return Answer.accepted.response
        }
    }

    private func admit(_ request: Request, context: WebContext, rules: WebRules) throws(Problem) {
        let origin = Origin(peer: context.remoteAddress?.ipAddress, headers: request.headers, rules: rules.transport)
        guard origin.isSecure else {
            throw Problem(
                .forbidden,
                """
                Deliveries must come over TLS, through a proxy listed in trusted_proxies that says X-Forwarded-Proto: https, or from this \
                machine itself without any forwarding header.
                """
            )
        }
        guard
            !scheme.heedsAllowFrom || rules.allowFrom.isEmpty
                || rules.allowFrom.contains(where: { $0.contains(origin.client) })
        else {
            throw Problem(
                .forbidden,
                "Deliveries are not taken from \(origin.client); see billing.\(source).allow_from."
            )
        }
    }

    private func read(_ request: Request) async throws -> [UInt8] {
        let tooLarge = Problem(.contentTooLarge, "A delivery is at most 256 KiB.")
        if let length = request.headers.text(of: .contentLength).flatMap({ Int($0) }), length > Self.maximumBytes {
            throw tooLarge
        }
        var body = ByteBuffer()
        do {
            for try await var part in request.body {
                if body.readableBytes == 0 { body = part } else { body.writeBuffer(&part) }
                guard body.readableBytes <= Self.maximumBytes else { throw tooLarge }
            }
        } catch let problem as Problem {
            throw problem
        } catch {
            throw ClientGone()
        }
        return Array(body.readableBytesView)
    }

    private func verify(
        _ headers: HTTPFields,
        body: [UInt8],
        rules: WebRules,
        now: Timestamp
    ) throws -> VerifiedDelivery {
        do {
            return try scheme.verify(headers, body, rules, now)
        } catch {
            if let outside = error.signedOutsideTolerance {
                alerts.noteSkew(outside.stampedAt - now, now: now)
                logger.error(
                    "A delivery was signed correctly but too far from our clock; check both clocks.",
                    metadata: ["delivery.id": "\(outside.id)", "difference": "\(outside.stampedAt - now)"]
                )
            }
            throw Problem(.unauthorized, error.description)
        }
    }

    private struct Read {
        var delivery: NewDelivery
        var problem: Problem?
    }

    private func read(
        _ body: [UInt8],
        rules: WebRules,
        verified: VerifiedDelivery,
        receivedAt: Timestamp
    ) throws -> Read {
        var event: String?
        var verdict = NewDelivery.Verdict.accepted
        var problem: Problem?
        do {
            let stamps = DeliveryStamps(stampedAt: verified.stampedAt, receivedAt: receivedAt)
            let content = try scheme.read(body, stamps, rules)
            event = content.event
            if !content.isOfUse { verdict = .ignored }
        } catch {
            verdict = .refused("\(error)")
            problem = Problem(.badRequest, "\(error)", field: error.field)
        }
        let delivery = NewDelivery(
            source: source,
            webhookID: verified.id,
            event: event,
            stampedAt: verified.stampedAt,
            receivedAt: receivedAt,
            body: body,
            secretIndex: verified.secretIndex,
            verdict: verdict
        )
        return Read(delivery: delivery, problem: problem)
    }

    private func record(_ delivery: NewDelivery) async throws -> Receipt {
        do {
            if let shortage = disk.shortage { throw shortage }
            return try await commit.record(delivery)
        } catch {
            logger.error(
                "A delivery could not be written down; its sender is told to try again.",
                metadata: ["error": "\(error)"]
            )
            throw Problem(
                .serviceUnavailable,
                "The delivery could not be written down. Send it again later.",
                headers: [.retryAfter: "5"]
            )
        }
    }

    private func log(_ receipt: Receipt, _ delivery: NewDelivery) {
        switch receipt {
        case .recorded(let number):
            logger.info(
                "A delivery was recorded.",
                metadata: [
                    "delivery": "\(number)", "delivery.id": "\(delivery.webhookID)", "event": "\(delivery.event ?? "")",
                ]
            )
        case .duplicate:
            logger.info("A delivery came again.", metadata: ["delivery.id": "\(delivery.webhookID)"])
        case .conflicting:
            logger.error(
                "A delivery's id came again with another body; the second was kept and not applied.",
                metadata: ["delivery.id": "\(delivery.webhookID)"]
            )
        }
    }
}

/// The three answers to what was taken.
private enum Answer {
    case accepted, ignored, duplicate

    var response: Response {
        Response(
            status: self == .duplicate ? .ok : .accepted,
            headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: CrashPoint.isArmed ? watched : ResponseBody(byteBuffer: text)
        )
    }

    private var text: ByteBuffer {
        switch self {
        case .accepted: Self.acceptedText
        case .ignored: Self.ignoredText
        case .duplicate: Self.duplicateText
        }
    }

    private static let acceptedText = ByteBuffer(string: #"{"status":"accepted"}"#)
    private static let ignoredText = ByteBuffer(string: #"{"status":"ignored"}"#)
    private static let duplicateText = ByteBuffer(string: #"{"status":"duplicate"}"#)

    /// The same, telling when it was handed to the connection.
    private var watched: ResponseBody {
        let text = text
        return ResponseBody(contentLength: text.readableBytes) { writer in
            try await writer.write(text)
            try await writer.finish(nil)
            CrashPoint.answered.reached()
        }
    }
}
