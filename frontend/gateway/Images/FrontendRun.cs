using System.IO.Pipelines;
using System.Text;
using Cairn.Frontend.Gateway.Bridge;
using Cairn.Llb;
using Cairn.Rpc.Health;
using Cairn.Rpc.Server;
using Cairn.Solver;
using Cairn.Solver.Containers;
using Cairn.Solver.Execution;
using Microsoft.Extensions.Logging;
using Pb = Cairn.Protos.Pb;

namespace Cairn.Frontend.Gateway.Images;

/// <summary>One frontend image at work: its process, and the bridge at the other end of its streams.</summary>
internal sealed class FrontendRun(
    BuildContainer container, FrontendCatalogue catalogue, IFrontendBridge bridge, IReadOnlyDictionary<string, Pb.Definition> inputs, string source) : IExecOutput
{
    private const int Buffer = 1 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Pipe _output = new(new PipeOptions(pauseWriterThreshold: Buffer, resumeWriterThreshold: Buffer / 2, useSynchronizationContext: false));
    private readonly ILogger _logger = catalogue.Settings.Loggers.CreateLogger<FrontendRun>();

    /// <summary>Runs the frontend to its end.</summary>
    /// <returns>What it returned.</returns>
    /// <exception cref="BuildException">It failed, or returned nothing.</exception>
    public async Task<FrontendSolve> RunAsync(ContainerProcess process, CancellationToken cancellationToken)
    {
        await using var served = new ServedFrontend(bridge, catalogue, inputs);
        var services = new RpcServices();
        new HealthService().AddTo(services);
        new BridgeService((_, _) => ValueTask.FromResult(served)).AddTo(services);
        using LiveProcess live = LiveProcess.Create(hasTerminal: false, TimeProvider.System);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<ExecExit> run = RunAsync(process, live, stop.Token);
        ExecExit exit;
        await using (StreamServer server = StreamServer.Over(
            new FrontendStream(_output.Reader, live), services, new RpcServerOptions { Describe = error => served.ErrorOf(error).ToRpc(), Logger = _logger },
            new RpcPeer(Address: null, Certificate: null)))
        {
            await Task.WhenAny(run, server.Closed);
            if (await EndAsync(run, served) is not { } ended)
            {
                await stop.CancelAsync();
                await ((Task)run).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                cancellationToken.ThrowIfCancellationRequested();
                throw new BuildException(ErrorKind.Input, "", "", "frontend grpc server closed unexpectedly");
            }

            exit = ended;
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (served.Returned.IsFaulted)
        {
            return await served.Returned;   // its error counts more than how it ended
        }

        if (exit.Code != 0)
        {
            throw new ProcessFailedException(string.Join(' ', process.Arguments), exit, []);
        }

        return served.Returned.IsCompletedSuccessfully
            ? await served.Returned
            : throw new BuildException(ErrorKind.Input, "", "", "no result for incomplete build");
    }

    /// <inheritdoc/>
    public void Write(int stream, ReadOnlySpan<byte> bytes)
    {
        if (stream == 1)
        {
            // A thread of the process's own: it waits while the server does not read.
            _output.Writer.WriteAsync(bytes.ToArray()).AsTask().GetAwaiter().GetResult();
        }
        else
        {
            _logger.FrontendSaid(source, Encoding.UTF8.GetString(bytes).TrimEnd('\n'));
        }
    }

    private async Task<ExecExit> RunAsync(ContainerProcess process, LiveProcess live, CancellationToken cancellationToken)
    {
        try
        {
            return await container.RunAsync(process, this, live, cancellationToken);
        }
        finally
        {
            await _output.Writer.CompleteAsync();
        }
    }

    // A frontend that is done closes its streams a moment before it ends. Null if it does not end.
    private static async Task<ExecExit?> EndAsync(Task<ExecExit> run, ServedFrontend served)
    {
        try
        {
            return await run.WaitAsync(Patience);
        }
        catch (BuildException) when (served.Returned.IsFaulted)
        {
            return new ExecExit(0, WasOutOfMemory: false);   // what it returned is told
        }
        catch (TimeoutException)
        {
            return null;
        }
    }
}
