using Cairn.Client.Tests.Support;
using Cairn.Llb;
using Cairn.Protos.Fsutil;
using Cairn.Rpc.Calls;
using Cairn.Rpc.Client;
using Cairn.Wire.Files;
using Cairn.Wire.Methods;
using Xunit;

namespace Cairn.Client.Tests.Files;

public sealed class MalformedTransferTests
{
    private const uint Directory = 1u << 31;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> Lists { get; } = new()
    {
        { "/abs", "invalid path" },
        { "../up", "changes out of order" },
        { "..", "invalid path" },
        { "a/", "invalid path" },
        { "./a", "changes out of order" },
        { "a//b", "changes out of order" },
        { "d!|d/..", "invalid path" },
        { "d!|d/.", "invalid path" },
        { "d!|d/x|d!", "changes out of order" },
        { "b|a", "changes out of order" },
        { "a|a", "changes out of order" },
        { "x/y", "changes out of order" },
        { "a|a/b", "changes out of order" },
        { "d!|e!|d/x", "changes out of order" },
        { "a=b", "invalid link a to unknown path: b" },
        { "a|b=a|c=b", "invalid link c to unknown path: b" },
        { "d!|e=d", "invalid link e to unknown path: d" },
        { "nul\0", "invalid path" },
    };

    [Theory]
    [MemberData(nameof(Lists))]
    public async Task A_list_that_breaks_the_rules_is_refused(string list, string reason)
    {
        await using TransferLink link = await TransferLink.OpenAsync(async (_, packets, token) =>
        {
            foreach (string entry in list.Split('|'))
            {
                await packets.WriteAsync(FilePacket.Entry(Parse(entry)), token);
            }

            await packets.WriteAsync(FilePacket.Entry(null), token);
            await Task.Delay(Timeout.Infinite, token);
        });
        await using ClientCall<FilePacket, FilePacket> call = await link.BeginAsync(Token);
        await using PacketReceiver receiver = PacketReceiver.Begin(call.Responses, call.Requests, "context", Token);

        BuildException failure = await Assert.ThrowsAsync<BuildException>(async () => await receiver.ReadEntriesAsync(Token).ToListAsync(Token));
        Assert.Equal(reason, failure.Reason);
    }

    [Fact]
    public async Task A_list_in_the_order_of_the_rules_is_taken_although_its_paths_are_not_in_the_order_of_text()
    {
        await using TransferLink link = await TransferLink.OpenAsync(async (_, packets, token) =>
        {
            foreach (string entry in "a!|a/b|a-b|a.b|b=a/b".Split('|'))
            {
                await packets.WriteAsync(FilePacket.Entry(Parse(entry)), token);
            }

            await packets.WriteAsync(FilePacket.Entry(null), token);
        });
        await using ClientCall<FilePacket, FilePacket> call = await link.BeginAsync(Token);
        await using PacketReceiver receiver = PacketReceiver.Begin(call.Responses, call.Requests, "context", Token);
        Assert.Equal(5, (await receiver.ReadEntriesAsync(Token).ToListAsync(Token)).Count);
    }

    [Fact]
    public async Task Content_without_end_of_a_small_file_is_refused()
    {
        await using TransferLink link = await TransferLink.OpenAsync(async (requests, packets, token) =>
        {
            await packets.WriteAsync(FilePacket.Entry(Parse("a")), token);
            await requests.MoveNextAsync(token);
            while (true)
            {
                await packets.WriteAsync(FilePacket.Content(0, new byte[32 << 10]), token);
            }
        });
        await using ClientCall<FilePacket, FilePacket> call = await link.BeginAsync(Token);
        await using PacketReceiver receiver = PacketReceiver.Begin(call.Responses, call.Requests, "context", Token);
        await foreach (ReceivedEntry entry in receiver.ReadEntriesAsync(Token))
        {
            Stream content = receiver.Open(entry.Id);   // nobody reads it
            BuildException failure = await Assert.ThrowsAsync<BuildException>(receiver.FinishAsync);
            Assert.Contains("far more content than its size", failure.Message, StringComparison.Ordinal);
            await content.DisposeAsync();
            break;
        }
    }

    [Fact]
    public async Task Content_that_nobody_asked_for_is_refused()
    {
        await using TransferLink link = await TransferLink.OpenAsync(async (_, packets, token) =>
        {
            await packets.WriteAsync(FilePacket.Entry(Parse("a")), token);
            await packets.WriteAsync(FilePacket.Content(0, new byte[5]), token);
            await Task.Delay(Timeout.Infinite, token);
        });
        await using ClientCall<FilePacket, FilePacket> call = await link.BeginAsync(Token);
        await using PacketReceiver receiver = PacketReceiver.Begin(call.Responses, call.Requests, "context", Token);
        BuildException failure = await Assert.ThrowsAsync<BuildException>(async () => await receiver.ReadEntriesAsync(Token).ToListAsync(Token));
        Assert.Equal("content that nobody asked for: 0", failure.Reason);
    }

    [Theory]
    [InlineData(0u, "invalid file id 0")]    // a directory
    [InlineData(1u, "invalid file id 1")]    // asked for twice
    [InlineData(2u, "invalid file id 2")]    // a symbolic link
    [InlineData(3u, "invalid file id 3")]    // a hard link
    [InlineData(4u, "invalid file id 4")]    // past the list
    [InlineData(uint.MaxValue, "invalid file id 4294967295")]
    public async Task What_has_no_content_cannot_be_asked_for(uint id, string reason)
    {
        using var directory = new TempDirectory();
        directory.Write("d/a", "1");
        File.CreateSymbolicLink(directory["d/b"], "a");
        await using TransferLink link = await TransferLink.OpenAsync((requests, packets, token) => PacketSender.SendAsync(
            new[] { "d!", "d/a", "d/b@a", "d/c=d/a" }.Select(text => WireStat.ToEntry(Parse(text))).ToAsyncEnumerable(),
            _ => new MemoryStream([1]), requests, packets, token));
        await using ClientCall<FilePacket, FilePacket> call = await link.BeginAsync(Token);
        for (int i = 0; i < 5; i++)
        {
            Assert.True(await call.Responses.MoveNextAsync(Token));   // the list and its end
        }

        await call.Requests.WriteAsync(FilePacket.Request(id), Token);
        await call.Requests.WriteAsync(FilePacket.Request(id), Token);
        string text = "";
        try
        {
            while (await call.Responses.MoveNextAsync(Token))
            {
                text = call.Responses.Current.Kind == PacketKind.Error ? call.Responses.Current.Text : text;
            }
        }
        catch (RpcException)
        {
            // How the call ends, the handler says.
        }

        Assert.Contains(reason, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Random_messages_end_a_transfer_and_leave_the_connection_alone()
    {
        var random = new Random(11);
        var raw = new RpcMethod<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>(FileSyncMethods.DiffCopy.Path, RawMarshaller.Octets, RawMarshaller.Octets);
        using var directory = new TempDirectory();
        directory.Write("a", "1");
        await using TransferLink link = await TransferLink.OpenAsync((requests, packets, token) => PacketSender.SendAsync(
            new[] { WireStat.ToEntry(Parse("a")) }.ToAsyncEnumerable(), _ => new MemoryStream([1]), requests, packets, token));
        for (int round = 0; round < 200; round++)
        {
            await using ClientCall<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> call = await link.Channel.BeginAsync(raw, RpcCallOptions.None, Token);
            try
            {
                for (int i = 0; i < 4; i++)
                {
                    byte[] message = new byte[random.Next(12)];
                    random.NextBytes(message);
                    await call.Requests.WriteAsync(message, Token);
                }

                await call.Requests.CompleteAsync(Token);
                while (await call.Responses.MoveNextAsync(Token))
                {
                }
            }
            catch (RpcException)
            {
                // Refused, which is one good end; a receiver's failure or its end is another.
            }
        }

        await using ClientCall<FilePacket, FilePacket> sound = await link.BeginAsync(Token);
        await using PacketReceiver receiver = PacketReceiver.Begin(sound.Responses, sound.Requests, "context", Token);
        Assert.Single(await receiver.ReadEntriesAsync(Token).ToListAsync(Token));
        await receiver.FinishAsync();
    }

    [Fact]
    public async Task Random_messages_of_a_sender_are_refused_or_taken_but_never_hang()
    {
        var random = new Random(12);
        var raw = new Marshaller<FilePacket>(FilePacket.Marshaller.Read, (_, writer) =>
        {
            int size = random.Next(20);
            random.NextBytes(writer.GetSpan(size)[..size]);
            writer.Advance(size);
        });
        var services = new Cairn.Rpc.Server.RpcServices();
        services.Add(FileSyncMethods.DiffCopy.Path, async (call, token) =>
        {
            MessageSink<FilePacket> packets = call.Responses(raw);
            for (int i = 0; i < 5; i++)
            {
                await packets.WriteAsync(FilePacket.Finish(), token);
            }
        });
        (Stream a, Stream b) = await TransferLink.ConnectAsync();
        await using var server = Cairn.Rpc.Server.StreamServer.Over(
            a, services, new Cairn.Rpc.Server.RpcServerOptions(), new Cairn.Rpc.Server.RpcPeer(null, null));
        await using RpcChannel channel = RpcChannel.Over(b, new RpcChannelOptions());
        for (int round = 0; round < 200; round++)
        {
            await using ClientCall<FilePacket, FilePacket> call = await channel.BeginAsync(FileSyncMethods.DiffCopy, RpcCallOptions.None, Token);
            await using PacketReceiver receiver = PacketReceiver.Begin(call.Responses, call.Requests, "context", Token);
            Exception? failure = await Record.ExceptionAsync(async () => await receiver.ReadEntriesAsync(Token).ToListAsync(Token));
            Assert.True(failure is null or BuildException or RpcException, failure?.ToString());
        }
    }

    // NAME! is a directory, NAME=PATH a hard link, NAME@TARGET a symbolic link.
    private static Stat Parse(string text)
    {
        if (text.EndsWith('!'))
        {
            return new Stat { Path = text[..^1], Mode = Directory | 0x1ED };
        }

        int link = text.IndexOfAny(['=', '@']);
        return link < 0
            ? new Stat { Path = text, Mode = 0x1A4, Size = 1 }
            : new Stat { Path = text[..link], Mode = (text[link] == '@' ? 1u << 27 : 0) | 0x1A4, Linkname = text[(link + 1)..] };
    }
}
