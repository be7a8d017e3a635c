using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Cairn.Rpc.Calls;
using Cairn.Rpc.Client;
using Cairn.Rpc.Server;

namespace Cairn.Benchmarks.Figures;

/// <summary>Calls over a unix socket, both ends in this process: a listener, a server over a stream, and roles reversed inside a call.</summary>
internal static class RpcFigures
{
    private const int Calls = 10_000;
    private const int Part = 32 << 10;
    private const int Parts = 500_000_000 / Part;

    private static readonly RpcMethod<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> Echo = Method("Echo");
    private static readonly RpcMethod<ReadOnlyMemory<byte>, int> Down = new("/f.F/Down", RawMarshaller.Octets, new(Length, Write));
    private static readonly RpcMethod<int, int> Up = new("/f.F/Up", new(Length, Write), new(Length, Write));
    private static readonly RpcMethod<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> Tunnel = Method("Tunnel");

    public static async Task<IReadOnlyList<Figure>> MeasureAsync(int runs, string only)
    {
        (string Name, Func<RpcChannel, Task> Run)[] cases =
        [
            ("10,000 unary calls in turn", UnaryAsync),
            ("10,000 unary calls, 64 at once", ConcurrentAsync),
            ("500 MB to the caller, 32 KiB each", DownAsync),
            ("500 MB to the server, 32 KiB each", UpAsync),
            ("500 MB to the server as client inside a call", TunnelAsync),
        ];
        var figures = new List<Figure>();
        foreach (bool listener in new[] { true, false })
        {
            foreach ((string name, Func<RpcChannel, Task> run) in cases)
            {
                string whole = $"rpc, {(listener ? "listener" : "stream")}: {name}";
                if (whole.Contains(only, StringComparison.Ordinal))
                {
                    await using var ends = await Ends.OpenAsync(listener, Services());
                    figures.Add(new Figure(whole, null, await TimesAsync(() => run(ends.Channel), runs)));
                }
            }
        }

        return figures;
    }

    private static async Task<List<double>> TimesAsync(Func<Task> run, int runs)
    {
        await run();   // the just-in-time compiler
        await run();
        var times = new List<double>();
        for (int i = 0; i < runs; i++)
        {
            long start = Stopwatch.GetTimestamp();
            await run();
            times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return times;
    }

    private static RpcServices Services()
    {
        var services = new RpcServices();
        services.AddUnary(Echo, (request, _, _) => Task.FromResult(request));
        services.AddServerStream(Down, async (_, responses, _, token) =>
        {
            for (int i = 0; i < Parts; i++)
            {
                await responses.WriteAsync(Part, token);
            }
        });
        services.AddClientStream(Up, async (requests, _, token) =>
        {
            int count = 0;
            while (await requests.MoveNextAsync(token))
            {
                count++;
            }

            return count;
        });
        services.Add(Tunnel.Path, async (call, token) =>
        {
            await using RpcChannel back = RpcChannel.Over(call.AsByteStream(), new RpcChannelOptions());
            await DownAsync(back);
        });
        return services;
    }

    private static async Task UnaryAsync(RpcChannel channel)
    {
        byte[] message = Encoding.UTF8.GetBytes("a small message");
        for (int i = 0; i < Calls; i++)
        {
            await channel.CallAsync(Echo, message, RpcCallOptions.None, CancellationToken.None);
        }
    }

    private static async Task ConcurrentAsync(RpcChannel channel)
    {
        byte[] message = Encoding.UTF8.GetBytes("a small message");
        int left = Calls;
        await Task.WhenAll(Enumerable.Range(0, 64).Select(async _ =>
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                await channel.CallAsync(Echo, message, RpcCallOptions.None, CancellationToken.None);
            }
        }));
    }

    private static async Task DownAsync(RpcChannel channel)
    {
        await using ClientCall<ReadOnlyMemory<byte>, int> call = await channel.BeginAsync(Down, RpcCallOptions.None, CancellationToken.None);
        await call.Requests.WriteAsync(ReadOnlyMemory<byte>.Empty, CancellationToken.None);
        await call.Requests.CompleteAsync(CancellationToken.None);
        while (await call.Responses.MoveNextAsync(CancellationToken.None))
        {
        }
    }

    private static async Task UpAsync(RpcChannel channel)
    {
        await using ClientCall<int, int> call = await channel.BeginAsync(Up, RpcCallOptions.None, CancellationToken.None);
        for (int i = 0; i < Parts; i++)
        {
            await call.Requests.WriteAsync(Part, CancellationToken.None);
        }

        await call.FinishAsync(CancellationToken.None);
    }

    private static async Task TunnelAsync(RpcChannel channel)
    {
        await using ClientCall<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> call =
            await channel.BeginAsync(Tunnel, RpcCallOptions.None, CancellationToken.None);
        await using StreamServer server = StreamServer.Over(call.AsByteStream(), Services(), new RpcServerOptions(), new RpcPeer(null, null));
        await server.Closed;
    }

    private static RpcMethod<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> Method(string name) =>
        new("/f.F/" + name, RawMarshaller.Octets, RawMarshaller.Octets);

    private static int Length(System.Buffers.ReadOnlySequence<byte> message) => (int)message.Length;

    // A message of that many octets, whatever they are.
    private static void Write(int size, System.Buffers.IBufferWriter<byte> writer)
    {
        writer.GetSpan(size);
        writer.Advance(size);
    }

    private sealed class Ends : IAsyncDisposable
    {
        public required RpcChannel Channel { get; init; }

        public required IAsyncDisposable Server { get; init; }

        public required string Folder { get; init; }

        public static async Task<Ends> OpenAsync(bool listener, RpcServices services)
        {
            string folder = Directory.CreateTempSubdirectory("cairn-rpc-").FullName;
            string path = Path.Combine(folder, "socket");
            var address = new UnixDomainSocketEndPoint(path);
            var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            IAsyncDisposable server;
            if (listener)
            {
                server = RpcServer.Listen([RpcEndpoint.Unix(path)], services, new RpcServerOptions());
                client.Connect(address);
            }
            else
            {
                using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                socket.Bind(address);
                socket.Listen(1);
                client.Connect(address);
                server = StreamServer.Over(new NetworkStream(socket.Accept(), ownsSocket: true), services, new RpcServerOptions(), new RpcPeer(null, null));
            }

            var channel = RpcChannel.Over(new NetworkStream(client, ownsSocket: true), new RpcChannelOptions());
            return new Ends { Channel = channel, Server = server, Folder = folder };
        }

        public async ValueTask DisposeAsync()
        {
            await Channel.DisposeAsync();
            await Server.DisposeAsync();
            Directory.Delete(Folder, recursive: true);
        }
    }
}
