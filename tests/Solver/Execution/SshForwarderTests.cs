using System.Net.Sockets;
using System.Text;
using Cairn.Solver.Execution;
using Cairn.Solver.Sessions;
using Xunit;

namespace Cairn.Solver.Tests.Execution;

public sealed class SshForwarderTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("cairn-ssh-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_connection_reaches_the_agent_and_its_answer_comes_back()
    {
        string agentPath = Path.Combine(_directory, "agent");
        using Socket agent = Listen(agentPath);
        var agents = new SshSockets(new Dictionary<string, string> { ["default"] = agentPath });
        string path = Path.Combine(_directory, "inside");
        using SshForwarder forwarder = SshForwarder.Listen(path, agents, "default");

        for (int i = 0; i < 2; i++)
        {
            Task answering = AnswerAsync(agent);
            Assert.Equal("pong", await AskAsync(path, "ping"));
            await answering;
        }
    }

    [Fact]
    public async Task A_connection_ends_when_the_agent_cannot_be_reached()
    {
        string path = Path.Combine(_directory, "inside");
        using SshForwarder forwarder = SshForwarder.Listen(path, new SshSockets(new Dictionary<string, string> { ["default"] = Path.Combine(_directory, "none") }), "default");

        Assert.Equal("", await AskAsync(path, "ping"));
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static Socket Listen(string path)
    {
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        return listener;
    }

    private static async Task AnswerAsync(Socket listener)
    {
        using Socket connection = await listener.AcceptAsync(Cancellation);
        byte[] buffer = new byte[16];
        int read = await connection.ReceiveAsync(buffer, Cancellation);
        Assert.Equal("ping", Encoding.UTF8.GetString(buffer, 0, read));
        await connection.SendAsync("pong"u8.ToArray(), Cancellation);
    }

    private static async Task<string> AskAsync(string path, string question)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), Cancellation);
        byte[] buffer = new byte[16];
        try
        {
            await socket.SendAsync(Encoding.UTF8.GetBytes(question), Cancellation);
            return Encoding.UTF8.GetString(buffer, 0, await socket.ReceiveAsync(buffer, Cancellation));
        }
        catch (SocketException)
        {
            return "";   // closed before it was read
        }
    }
}
