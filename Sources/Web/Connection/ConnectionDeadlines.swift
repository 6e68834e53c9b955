import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// How long a client may take over each part of a connection.
package struct ConnectionTimes: Hashable, Sendable {
    /// From the opening of the connection to the end of the first request's head.
    package var head: Duration
    /// From the end of a request's head to the end of its body.
    package var body: Duration
    /// From the end of a request, or the answer before it, to its own answer, which a client that reads nothing can hold up.
    package var answer: Duration
    /// From an answer to the end of the next request's head.
    package var idle: Duration
    /// How long what a client still sends is read and dropped after an answer that ends the connection, so that it can read the answer.
    package var linger: Duration

    package static let usual = ConnectionTimes(
        head: .seconds(30),
        body: .seconds(30),
        answer: .seconds(60),
        idle: .seconds(60),
        linger: .seconds(2)
    )

    package init(head: Duration, body: Duration, answer: Duration, idle: Duration, linger: Duration) {
        self.head = head
        self.body = body
        self.answer = answer
        self.idle = idle
        self.linger = linger
    }
}

/// Holds a connection to its times, however slowly bytes trickle in, and ends it where an answer says `Connection: close`.
///
/// Lives on its channel's event loop, like every handler.
final class ConnectionDeadlines: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private enum Lateness {
        case closes
        case isToldOfTheBody
    }

    private let times: ConnectionTimes
    private let largestBody: Int
    /// When what is waited for is late, and what follows.
    private var deadline = NIODeadline.distantFuture
    private var lateness = Lateness.closes
    /// Looks at the deadline at `timerFires`; set anew only where that is too late, since it would cost every request.
    private var timer: Scheduled<Void>?
    private var timerFires = NIODeadline.distantFuture
    /// Requests whose heads were read and whose answers are not written yet.
    private var unanswered = 0
    private var isReadingBody = false
    private var isAnswerBegun = false
    private var closesAfterAnswer = false
    private var isClosing = false

    init(times: ConnectionTimes, largestBody: Int) {
        self.times = times
        self.largestBody = largestBody
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { expectHead(within: times.head, context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
    }

    func channelActive(context: ChannelHandlerContext) {
        expectHead(within: times.head, context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let request):
            guard !isClosing else { return }
            unanswered += 1
            isReadingBody = true
            arm(times.body, context, .isToldOfTheBody)
            encourage(request, context)
        case .body:
            guard !isClosing else { return }
        case .end:
            isReadingBody = false
            if isClosing { return context.close(promise: nil) }
            expectAnswer(context)
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let response):
            isAnswerBegun = true
            closesAfterAnswer = response.headerFields[.connection] == "close"
            context.write(data, promise: promise)
        case .body:
            context.write(data, promise: promise)
        case .end:
            isAnswerBegun = false
            unanswered -= 1
            if closesAfterAnswer {
                context.writeAndFlush(data, promise: promise)
                end(context)
            } else {
                context.write(data, promise: promise)
                if isReadingBody { return }
                if unanswered == 0 { expectHead(within: times.idle, context) } else { expectAnswer(context) }
            }
        }
    }

    // MARK: -

    private func expectHead(within time: Duration, _ context: ChannelHandlerContext) {
        arm(time, context, .closes)
    }

    private func expectAnswer(_ context: ChannelHandlerContext) {
        arm(times.answer, context, .closes)
    }

    /// Whoever asks before it sends a large body is told to go on, unless it is going to be refused.
    private func encourage(_ request: HTTPRequest, _ context: ChannelHandlerContext) {
        guard request.headerFields[.expect]?.lowercased() == "100-continue", unanswered == 1 else { return }
        if let length = request.headerFields[.contentLength].flatMap({ Int($0) }), length > largestBody { return }
        context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
    }

    private func bodyIsLate(_ context: ChannelHandlerContext) {
        guard unanswered == 1, !isAnswerBegun else { return context.close(promise: nil) }
        let body = ByteBuffer(
            string: """
                {"detail":"The body took too long.","status":408,"title":"Request Timeout","type":"about:blank"}
                """
        )
        let headers: HTTPFields = [
            .contentType: "application/problem+json", .contentLength: "\(body.readableBytes)", .connection: "close",
        ]
        context.write(
            wrapOutboundOut(.head(HTTPResponse(status: .requestTimeout, headerFields: headers))),
            promise: nil
        )
        context.write(wrapOutboundOut(.body(body)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.close(promise: nil)
    }

    /// Closing while the client still sends would make its system drop the answer unread.
    private func end(_ context: ChannelHandlerContext) {
        guard isReadingBody else { return context.close(promise: nil) }
        isClosing = true
        arm(times.linger, context, .closes)
    }

    private func arm(_ time: Duration, _ context: ChannelHandlerContext, _ lateness: Lateness) {
        deadline = context.eventLoop.now + TimeAmount(time)
        self.lateness = lateness
        if deadline < timerFires { setTimer(context) }
    }

    private func setTimer(_ context: ChannelHandlerContext) {
        timer?.cancel()
        timerFires = deadline
        timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { [weak self] in
            self?.look(context)
        }
    }

    private func look(_ context: ChannelHandlerContext) {
        timerFires = .distantFuture
        guard deadline <= context.eventLoop.now else { return setTimer(context) }
        switch lateness {
        case .closes: context.close(promise: nil)
        case .isToldOfTheBody: bodyIsLate(context)
        }
    }
}

@available(*, unavailable)
extension ConnectionDeadlines: Sendable {}
