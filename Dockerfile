# One image for every role: flows under a Prefect worker, Dask schedulers and workers, `parquetry` by hand. The same
# versions everywhere are what shards of the same bytes need.
#
#   docker build -t parquetry .
#   docker run --rm -v ./configs:/configs parquetry parquetry run /configs/pets.yaml
#   docker run --rm parquetry prefect worker start --pool nightly
#   docker run --rm parquetry dask worker tcp://scheduler:8786 --nthreads 2
FROM python:3.11-slim

ARG EXTRAS=dask,s3
RUN useradd --create-home --uid 10001 parquetry
WORKDIR /app
COPY constraints.txt pyproject.toml README.md LICENSE ./
COPY flows flows
COPY tasks tasks
RUN pip install --no-cache-dir --constraint constraints.txt ".[$EXTRAS]"

USER parquetry
WORKDIR /home/parquetry
ENV PREFECT_HOME=/home/parquetry/.prefect PYTHONUNBUFFERED=1
CMD ["parquetry", "--help"]
